//! The families. A fine-tune is of the family whose name it keeps; one that names none is of none.

use super::Family;
use super::Pattern::{self, Head, Part, Word};
use crate::Weights::{self, Closed, Open};

const fn family(
    developer: &'static str,
    jurisdiction: &'static str,
    weights: Weights,
    patterns: &'static [Pattern],
) -> Family {
    Family {
        developer,
        jurisdiction,
        weights,
        patterns,
    }
}

const fn chinese(developer: &'static str, patterns: &'static [Pattern]) -> Family {
    family(developer, "CN", Open, patterns)
}

/// Developed in China. Company and publisher names stand beside those of models; names that only
/// matter where a trusted base is named too are here for that.
pub(super) static UNTRUSTED: [Family; 45] = [
    chinese(
        "DeepSeek",
        &[Part("deepseek"), Part("deep-seek"), Word("r1"), Word("r1t")],
    ),
    chinese(
        "Alibaba",
        &[
            Part("qwen"),
            Part("qwq"),
            Word("qvq"),
            Part("tongyi"),
            Part("alibaba"),
            Part("dashscope"),
            Word("gte"),
            Word("ovis"),
            Word("marco-o1"),
            Head("text-embedding-v"),
            // Made elsewhere out of Qwen, without its name.
            Part("acereason"),
            Part("openreasoning"),
            Part("opencodereasoning"),
            Word("openmath-nemotron"),
            Word("nemotron-cascade"),
            Word("jet-nemotron"),
            Word("cosmos-reason"),
        ],
    ),
    chinese("Moonshot AI", &[Part("kimi"), Part("moonshot")]),
    chinese("01.AI", &[Word("yi"), Word("01-ai")]),
    chinese(
        "Shanghai AI Laboratory",
        &[
            Part("internlm"),
            Part("internvl"),
            Head("intern"),
            Part("opengvlab"),
            Part("xtuner"),
            Part("opencompass"),
        ],
    ),
    chinese(
        "Z.ai",
        &[
            Word("glm"),
            Part("chatglm"),
            Part("zhipu"),
            Part("thudm"),
            Part("bigmodel"),
            Word("zai"),
            Word("z-ai"),
            Part("codegeex"),
            Part("cogvlm"),
            Part("cogagent"),
        ],
    ),
    chinese("MiniMax", &[Part("minimax"), Word("abab")]),
    chinese("Baichuan", &[Part("baichuan")]),
    chinese("Baidu", &[Word("ernie"), Part("baidu"), Part("wenxin")]),
    chinese(
        "Tencent",
        &[
            Part("hunyuan"),
            Part("tencent"),
            Word("hy"),
            Word("youtu"),
            Word("conan-embedding"),
        ],
    ),
    chinese(
        "ByteDance",
        &[
            Part("doubao"),
            Part("bytedance"),
            Word("seed"),
            Word("ui-tars"),
        ],
    ),
    chinese("StepFun", &[Head("step"), Part("stepfun")]),
    chinese("Huawei", &[Part("pangu"), Part("huawei")]),
    chinese(
        "China Telecom",
        &[Head("tele"), Part("telechat"), Part("teleai")],
    ),
    chinese(
        "BAAI",
        &[
            Part("aquila"),
            Part("baai"),
            Word("bge"),
            Word("emu3"),
            Word("bunny-llama"),
        ],
    ),
    chinese("Skywork AI", &[Part("skywork")]),
    chinese("XVERSE", &[Part("xverse")]),
    chinese("Xiaomi", &[Word("mimo"), Part("xiaomi")]),
    chinese("Meituan", &[Part("longcat"), Part("meituan")]),
    chinese(
        "Ant Group",
        &[
            Head("ling"),
            Head("ring"),
            Head("ming"),
            Part("inclusionai"),
            Part("bailing"),
            Word("codefuse"),
        ],
    ),
    chinese("Kuaishou", &[Part("kwai"), Word("kat"), Word("keye")]),
    chinese(
        "OpenBMB",
        &[Part("minicpm"), Part("openbmb"), Word("eurus")],
    ),
    chinese("OpenBuddy", &[Part("openbuddy")]),
    chinese(
        "rednote",
        &[Head("dots"), Part("rednote"), Part("xiaohongshu")],
    ),
    chinese(
        "iFlytek",
        &[Head("spark"), Part("iflytek"), Part("xinghuo")],
    ),
    chinese(
        "SenseTime",
        &[Part("sensenova"), Part("sensechat"), Part("sensetime")],
    ),
    chinese("360", &[Word("360gpt"), Word("360zhinao"), Part("zhinao")]),
    chinese("Inspur", &[Head("yuan"), Word("yuan2"), Part("ieityuan")]),
    chinese("OrionStar", &[Head("orion"), Part("orionstar")]),
    chinese("vivo", &[Part("bluelm"), Word("vivo-ai")]),
    chinese("OPPO", &[Part("andesgpt"), Word("oppo")]),
    chinese("Boss Zhipin", &[Part("nanbeige")]),
    chinese("INF Tech", &[Part("opencoder"), Word("infly")]),
    chinese("IQuest", &[Part("iquest")]),
    chinese(
        "IDEA",
        &[Word("ziya"), Part("fengshenbang"), Word("idea-ccnl")],
    ),
    chinese("TigerResearch", &[Part("tigerbot")]),
    chinese("Wenge", &[Part("yayi")]),
    chinese(
        "Fudan University",
        &[Head("moss"), Part("fnlp"), Word("fudan")],
    ),
    chinese("Tsinghua University", &[Part("tsinghua"), Word("thu")]),
    chinese(
        "Harbin Institute of Technology",
        &[Word("hfl"), Part("huozi")],
    ),
    chinese("Peking University", &[Word("pku"), Part("chatlaw")]),
    chinese(
        "CUHK Shenzhen",
        &[Part("huatuo"), Part("freedomintelligence")],
    ),
    chinese("NetEase", &[Word("bce"), Part("youdao"), Part("netease")]),
    chinese("FlagAlpha", &[Part("flagalpha"), Word("atom")]),
    // Of Llama and others, by many hands.
    chinese(
        "various",
        &[Word("chinese"), Word("linly"), Word("wizardlm")],
    ),
];

/// Developed elsewhere. A family with a longer name stands before the one whose name begins it.
pub(super) static TRUSTED: [Family; 30] = [
    family("OpenAI", "US", Open, &[Word("gpt-oss")]),
    family(
        "EleutherAI",
        "US",
        Open,
        &[
            Word("gpt-j"),
            Word("gpt-neo"),
            Word("gpt-neox"),
            Word("pythia"),
        ],
    ),
    family(
        "OpenAI",
        "US",
        Closed,
        &[
            Head("gpt"),
            Head("chatgpt"),
            Head("o1"),
            Head("o3"),
            Head("o4"),
            Head("codex"),
            Head("text-embedding-3"),
            Head("text-embedding-ada"),
        ],
    ),
    family("Anthropic", "US", Closed, &[Head("claude")]),
    family(
        "Google",
        "US",
        Closed,
        &[
            Head("gemini"),
            Head("text-embedding-004"),
            Head("text-embedding-005"),
        ],
    ),
    family("xAI", "US", Closed, &[Head("grok")]),
    family(
        "Amazon",
        "US",
        Closed,
        &[
            Head("amazon-nova"),
            Head("nova-micro"),
            Head("nova-lite"),
            Head("nova-pro"),
            Head("nova-premier"),
        ],
    ),
    family(
        "NVIDIA",
        "US",
        Open,
        &[Word("nemotron"), Word("minitron"), Word("nv-embed")],
    ),
    family(
        "AI2",
        "US",
        Open,
        &[Word("olmo"), Word("olmoe"), Word("tulu")],
    ),
    family(
        "Meta",
        "US",
        Open,
        &[Word("llama"), Word("codellama"), Word("metallama")],
    ),
    family("SUTD", "SG", Open, &[Word("tinyllama")]),
    family(
        "Mistral AI",
        "FR",
        Open,
        &[
            Word("mistral"),
            Word("mixtral"),
            Word("codestral"),
            Word("devstral"),
            Word("ministral"),
            Word("magistral"),
            Word("pixtral"),
            Word("voxtral"),
            Word("mathstral"),
        ],
    ),
    family(
        "Google",
        "US",
        Open,
        &[
            Word("gemma"),
            Word("codegemma"),
            Word("embeddinggemma"),
            Word("medgemma"),
            Word("paligemma"),
            Word("functiongemma"),
            Word("shieldgemma"),
        ],
    ),
    family("Microsoft", "US", Open, &[Word("phi")]),
    family(
        "Hugging Face",
        "US",
        Open,
        &[Word("smollm"), Word("smolvlm"), Word("starchat")],
    ),
    family(
        "BigCode",
        "US",
        Open,
        &[Word("starcoder"), Word("starcoderbase"), Word("santacoder")],
    ),
    family("IBM", "US", Open, &[Word("granite")]),
    family("TII", "AE", Open, &[Word("falcon")]),
    family(
        "Cohere",
        "CA",
        Open,
        &[Word("command-r"), Word("command-a"), Word("aya")],
    ),
    family("Databricks", "US", Open, &[Word("dbrx"), Word("dolly")]),
    family(
        "Stability AI",
        "GB",
        Open,
        &[Word("stablelm"), Word("stable-code")],
    ),
    family("Liquid AI", "US", Open, &[Word("lfm"), Word("lfm2")]),
    family("Upstage", "KR", Open, &[Head("solar")]),
    family("LG AI Research", "KR", Open, &[Word("exaone")]),
    family("Swiss AI", "CH", Open, &[Word("apertus")]),
    family("SpeakLeash", "PL", Open, &[Word("bielik")]),
    family("Mosaic", "US", Open, &[Word("mpt")]),
    family("Nomic AI", "US", Open, &[Word("nomic-embed")]),
    family("Mixedbread", "DE", Open, &[Word("mxbai-embed")]),
    family(
        "Snowflake",
        "US",
        Open,
        &[Word("snowflake-arctic"), Word("arctic-embed")],
    ),
];
