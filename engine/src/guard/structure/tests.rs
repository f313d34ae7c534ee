use proptest::prelude::*;

use crate::guard::probe::found;

fn restricted(text: &str) -> bool {
    found(text)
        .iter()
        .any(|(id, _)| matches!(*id, "source_code" | "application_structure"))
}

#[test]
fn code_in_many_languages_is_restricted() {
    for text in [
        "def load(path):\n    with open(path) as f:\n        return f.read()",
        "const x = await get(url);\nif (!x) { throw new Error('no'); }\nexport default x;",
        "fn main() {\n    let n: u32 = 4;\n    println!(\"{n}\");\n}",
        "CREATE TABLE orders (\n  id INT PRIMARY KEY,\n  total NUMERIC NOT NULL\n);\nCREATE INDEX o ON orders (total);",
        "diff --git a/x.rs b/x.rs\n--- a/x.rs\n+++ b/x.rs\n@@ -1,2 +1,2 @@\n-let a = 1;\n+let a = 2;",
        "Traceback (most recent call last):\n  File \"app.py\", line 3, in <module>\n    run()",
        "class Repo { find(id: string) { return this.db.get(id); } }",
        "at orders/handler.ts:12 TypeError: x is undefined",
        "src\n├── main.rs\n└── lib.rs",
    ] {
        assert!(restricted(text), "{text}");
    }
}

#[test]
fn talk_of_the_own_application_is_restricted() {
    for text in [
        "our orders service calls stock twice per request",
        "which index does our list query need?",
        "Unsere Tabelle wird zu groß",
        "notre dépôt est trop lent",
        "nuestro servicio falla",
        "we have a monorepo with four packages",
    ] {
        assert!(restricted(text), "{text}");
    }
}

#[test]
fn general_questions_are_not_restricted() {
    for text in [
        "write a Python function that sorts a list",
        "what is a REST service?",
        "how do I bake bread; is rye flour better (or wheat)?",
        "our family goes to the sea in summer",
        "Explain indexes in databases.",
        "my mother was born in Wales",
        "- eggs\n- milk\n- bread",
    ] {
        assert!(!restricted(text), "{text}");
    }
}

proptest! {
    #[test]
    fn no_text_makes_it_panic(text in any::<String>()) {
        found(&format!("our {text}\n{text};\n├── {text}"));
    }
}
