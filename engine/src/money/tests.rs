//! What money must be: exact, rounded up once, and computed the same way each time.

use super::*;
use moecraft_catalog::{Hours, Tier, Window, catalog};
use proptest::prelude::*;

/// Monday 2026-11-23, 00:00.
const MONDAY: u64 = 1_795_392_000_000;
const HOUR: u64 = 3_600_000;

fn flat(base: Rates) -> Price {
    Price {
        base,
        ..Price::local().clone()
    }
}

fn standard(price: &Price, usage: &Usage) -> u64 {
    cost(price, usage, MONDAY, Billing::Standard)
}

fn any_rates() -> impl Strategy<Value = Rates> {
    proptest::array::uniform6(0..=100_000_000_000_u64).prop_map(|[a, b, c, d, e, f]| Rates {
        input: a,
        cache_read: b,
        cache_write: c,
        cache_write_long: d,
        output: e,
        reasoning: f,
    })
}

fn times(rates: Rates, factor: u64) -> Rates {
    Rates {
        input: rates.input * factor,
        cache_read: rates.cache_read * factor,
        cache_write: rates.cache_write * factor,
        cache_write_long: rates.cache_write_long * factor,
        output: rates.output * factor,
        reasoning: rates.reasoning * factor,
    }
}

/// A price that is dearer for long prompts.
fn any_price() -> impl Strategy<Value = Price> {
    (any_rates(), 0..20_000_000_u64).prop_map(|(base, above_prompt_tokens)| Price {
        tiers: vec![Tier {
            above_prompt_tokens,
            rates: times(base, 2),
        }],
        batch_percent: Some(50),
        ..flat(base)
    })
}

fn any_usage() -> impl Strategy<Value = Usage> {
    let tokens = proptest::array::uniform5(0..=10_000_000_u64);
    (tokens, 0..=100_u64).prop_map(|([a, b, c, d, output], reasoned)| Usage {
        input: a,
        cache_read: b,
        cache_write: c,
        cache_write_long: d,
        output,
        reasoning: output * reasoned / 100,
    })
}

/// The price of each bucket on its own, in millionths of a nano-dollar.
fn exact(rates: &Rates, usage: &Usage) -> u128 {
    let of = |tokens: u64, rate: u64| u128::from(tokens) * u128::from(rate);
    of(usage.input, rates.input)
        + of(usage.cache_read, rates.cache_read)
        + of(usage.cache_write, rates.cache_write)
        + of(usage.cache_write_long, rates.cache_write_long)
        + of(usage.output - usage.reasoning, rates.output)
        + of(usage.reasoning, rates.reasoning)
}

#[test]
fn a_request_costs_the_sum_of_its_buckets() {
    let price = flat(Rates {
        input: 1_000_000_000,
        cache_read: 100_000_000,
        cache_write: 1_250_000_000,
        cache_write_long: 2_000_000_000,
        output: 5_000_000_000,
        reasoning: 6_000_000_000,
    });
    let usage = Usage {
        input: 10,
        cache_read: 1000,
        cache_write: 100,
        cache_write_long: 10,
        output: 20,
        reasoning: 5,
    };
    assert_eq!(usage.prompt(), 1120);
    assert_eq!(
        standard(&price, &usage),
        10_000 + 100_000 + 125_000 + 20_000 + 15 * 5_000 + 5 * 6_000
    );
}

#[test]
fn more_reasoning_than_answer_is_all_of_the_answer() {
    let price = flat(Rates {
        output: 1_000_000,
        reasoning: 2_000_000,
        ..Rates::default()
    });
    let usage = Usage {
        output: 10,
        reasoning: 11,
        ..Usage::default()
    };
    assert_eq!(standard(&price, &usage), 20);
}

#[test]
fn a_fraction_of_a_nano_dollar_counts_as_a_whole_one_once() {
    let price = flat(Rates {
        input: 1,
        output: 1,
        ..Rates::default()
    });
    let usage = Usage {
        input: 1,
        output: 1,
        ..Usage::default()
    };
    assert_eq!(standard(&price, &usage), 1);
    assert_eq!(standard(Price::local(), &usage), 0);
}

#[test]
fn cached_tokens_count_towards_a_long_prompt() {
    let base = Rates {
        input: 2_000_000,
        cache_read: 1_000_000,
        ..Rates::default()
    };
    let price = Price {
        tiers: vec![Tier {
            above_prompt_tokens: 100,
            rates: times(base, 2),
        }],
        ..flat(base)
    };
    let usage = |cache_read, cache_write_long| Usage {
        input: 50,
        cache_read,
        cache_write_long,
        ..Usage::default()
    };
    assert_eq!(standard(&price, &usage(50, 0)), 100 + 50);
    assert_eq!(standard(&price, &usage(51, 0)), 200 + 102);
    assert_eq!(standard(&price, &usage(50, 1)), 200 + 100);
}

#[test]
fn a_request_pays_the_rates_of_the_hour_it_came_at() {
    let base = Rates {
        input: 1_000_000,
        ..Rates::default()
    };
    let price = Price {
        windows: vec![Window {
            hours: Hours::parse("mon-fri", "01:00", "04:00").unwrap(),
            rates: times(base, 2),
        }],
        ..flat(base)
    };
    let usage = Usage {
        input: 10,
        ..Usage::default()
    };
    let at = |at_ms| cost(&price, &usage, at_ms, Billing::Standard);
    assert_eq!(
        [at(MONDAY + HOUR - 1), at(MONDAY + HOUR)],
        [10, 20],
        "the window's first millisecond is in it"
    );
    assert_eq!(
        [at(MONDAY + 4 * HOUR - 1), at(MONDAY + 4 * HOUR)],
        [20, 10],
        "its end is not"
    );
    let saturday = MONDAY + 5 * 24 * HOUR;
    assert_eq!(at(saturday + 2 * HOUR), 10);
}

#[test]
fn a_batch_pays_its_share_and_the_whole_where_no_share_is_published() {
    let usage = Usage {
        input: 1000,
        cache_read: 1000,
        cache_write: 1000,
        cache_write_long: 1000,
        output: 1000,
        reasoning: 500,
    };
    let both = |id: &str| {
        let model = catalog().model(id).unwrap();
        let price = model.price_at(MONDAY).unwrap();
        [Billing::Standard, Billing::Batch].map(|billing| cost(price, &usage, MONDAY, billing))
    };
    assert_eq!(
        both("anthropic/claude-haiku-4-5"),
        [9_350_000, 9_350_000 / 2]
    );
    assert_eq!(both("openai/gpt-6.1-sol"), [19_600_000, 19_600_000 / 2]);
    let [standard, batch] = both("deepseek/deepseek-v4-pro");
    assert_eq!(standard, batch);
}

#[test]
fn usage_that_was_stored_before_a_bucket_existed_still_reads() {
    let stored = r#"{"input":30,"cache_read":60,"cache_write":10,"output":20,"reasoning":5}"#;
    let usage: Usage = serde_json::from_str(stored).unwrap();
    assert_eq!((usage.prompt(), usage.cache_write_long), (100, 0));
    assert_eq!(
        serde_json::from_str::<Usage>("{}").unwrap(),
        Usage::default()
    );
}

#[test]
fn dollars_are_written_exactly() {
    let cases = [
        (0, "0"),
        (1, "0.000000001"),
        (210_000, "0.00021"),
        (NANOS, "1"),
        (12_840_000_000, "12.84"),
        (100 * NANOS, "100"),
        (u64::MAX, "18446744073.709551615"),
    ];
    for (nanos, text) in cases {
        assert_eq!(format_usd(nanos), text);
    }
}

proptest! {
    #[test]
    fn the_cost_is_the_exact_sum_rounded_up(price in any_price(), usage in any_usage()) {
        let exact = exact(&price.rates(usage.prompt(), MONDAY), &usage);
        let nanos = u128::from(standard(&price, &usage));
        prop_assert!(nanos * PRICED_TOKENS >= exact);
        prop_assert!(nanos * PRICED_TOKENS < exact + PRICED_TOKENS);
    }

    #[test]
    fn more_tokens_never_cost_less(price in any_price(), a in any_usage(), b in any_usage()) {
        let both = Usage {
            input: a.input + b.input,
            cache_read: a.cache_read + b.cache_read,
            cache_write: a.cache_write + b.cache_write,
            cache_write_long: a.cache_write_long + b.cache_write_long,
            output: a.output + b.output,
            reasoning: a.reasoning + b.reasoning,
        };
        let dearer = standard(&price, &a).max(standard(&price, &b));
        prop_assert!(standard(&price, &both) >= dearer);
        let flat = flat(price.base);
        prop_assert!(standard(&flat, &both) <= standard(&flat, &a) + standard(&flat, &b));
    }

    #[test]
    fn a_prompt_past_a_limit_pays_the_tier_for_every_token(
        base in any_rates(),
        usage in any_usage(),
    ) {
        prop_assume!(usage.prompt() > 0);
        let priced = |above_prompt_tokens| {
            let rates = times(base, 3);
            let tiers = vec![Tier { above_prompt_tokens, rates }];
            standard(&Price { tiers, ..flat(base) }, &usage)
        };
        prop_assert_eq!(priced(usage.prompt()), standard(&flat(base), &usage));
        prop_assert_eq!(priced(usage.prompt() - 1), standard(&flat(times(base, 3)), &usage));
    }

    #[test]
    fn half_the_price_is_half_rounded_up(price in any_price(), usage in any_usage()) {
        let exact = exact(&price.rates(usage.prompt(), MONDAY), &usage);
        let batch = u128::from(cost(&price, &usage, MONDAY, Billing::Batch));
        prop_assert_eq!(batch, exact.div_ceil(2 * PRICED_TOKENS));
    }

    #[test]
    fn the_worst_case_is_never_exceeded_and_can_be_met(
        price in any_price(),
        usage in any_usage(),
    ) {
        let (prompt, output) = (usage.prompt(), usage.output);
        for billing in [Billing::Standard, Billing::Batch] {
            let worst = worst_case(&price, prompt, output, MONDAY, billing);
            prop_assert!(worst >= cost(&price, &usage, MONDAY, billing));
            let answers = [0, output].map(|reasoning| Usage { output, reasoning, ..Usage::default() });
            let met = answers.into_iter().flat_map(|answer| [
                Usage { input: prompt, ..answer },
                Usage { cache_read: prompt, ..answer },
                Usage { cache_write: prompt, ..answer },
                Usage { cache_write_long: prompt, ..answer },
            ]);
            let dearest = met.map(|usage| cost(&price, &usage, MONDAY, billing)).max();
            prop_assert_eq!(dearest, Some(worst));
        }
    }

    #[test]
    fn any_figures_whatever_are_safe(rate in any::<u64>(), tokens in any::<u64>(), at in any::<u64>()) {
        let usage = Usage {
            input: tokens,
            cache_read: tokens,
            cache_write: tokens,
            cache_write_long: tokens,
            output: tokens,
            reasoning: tokens,
        };
        let price = flat(Rates {
            input: rate,
            cache_read: rate,
            cache_write: rate,
            cache_write_long: rate,
            output: rate,
            reasoning: rate,
        });
        let exact = u128::from(rate) * u128::from(tokens);
        let nanos = cost(&price, &usage, at, Billing::Batch);
        prop_assert!(nanos == u64::MAX || u128::from(nanos) >= exact / PRICED_TOKENS);
        prop_assert!(worst_case(&price, tokens, tokens, at, Billing::Standard) <= nanos);
    }

    #[test]
    fn written_dollars_read_back_to_the_same_amount(nanos in any::<u64>()) {
        let text = format_usd(nanos);
        let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
        let back = whole.parse::<u128>().unwrap() * u128::from(NANOS)
            + format!("{fraction:0<9}").parse::<u128>().unwrap();
        prop_assert_eq!(back, u128::from(nanos));
        prop_assert!(!text.contains('.') || !text.ends_with('0'));
    }
}
