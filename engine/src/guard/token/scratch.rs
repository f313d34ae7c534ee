use super::super::hits::{Basis, Hits};
use super::super::literals;
use super::tests::*;
use super::*;
#[test]
fn misses() {
    let mut source = Lcg(77);
    let mut n = 0;
    let mut miss = 0;
    let mut per = std::collections::BTreeMap::new();
    for rule in rules::all() {
        for _ in 0..3000 {
            let (made, at) = token(rule, Fill::Random, &mut source);
            let head = preface(rule);
            let text = format!("{head}{made}");
            let at = head.len() + at.start..head.len() + at.end;
            n += 1;
            if rule.find(&text, &at).is_none() {
                miss += 1;
                let e = per.entry(rule.literal).or_insert((0, String::new()));
                e.0 += 1;
                e.1 = made;
            }
        }
    }
    eprintln!("{miss} of {n}");
    let mut per: Vec<_> = per.into_iter().collect();
    per.sort_by_key(|(_, (n, _))| std::cmp::Reverse(*n));
    for (l, (n, t)) in per.iter().take(40) {
        eprintln!("{l} {n} {t}");
    }
}
fn walk(dir: &std::path::Path, each: &mut dyn FnMut(&std::path::Path)) {
    let Ok(entries) = std::fs::read_dir(dir) else {
        return;
    };
    for entry in entries.flatten() {
        let Ok(kind) = entry.file_type() else {
            continue;
        };
        if kind.is_dir() {
            walk(&entry.path(), each)
        } else if kind.is_file() {
            each(&entry.path())
        }
    }
}
#[test]
fn alarms() {
    let mut bytes = 0;
    let mut files = 0;
    let mut time = std::time::Duration::ZERO;
    let mut count = 0;
    for dir in std::env::var("DIRS").unwrap().split(':') {
        walk(std::path::Path::new(dir), &mut |path| {
            if std::fs::metadata(path).map_or(true, |m| m.len() > 3_000_000) {
                return;
            }
            let Ok(text) = std::fs::read_to_string(path) else {
                return;
            };
            files += 1;
            bytes += text.len();
            let clock = std::time::Instant::now();
            let mut hits = Hits::default();
            literals::find(&text, &mut hits);
            time += clock.elapsed();
            for hit in hits.0 {
                if hit.basis == Basis::Suspicion {
                    continue;
                }
                count += 1;
                let shown: String = text[hit.range.clone()].chars().take(100).collect();
                println!(
                    "HIT {} {} {:?} {}",
                    hit.kind.id,
                    path.display(),
                    hit.range,
                    shown.replace('\n', "\\n")
                );
            }
            let clock = std::time::Instant::now();
            for line in text.lines().take(2000) {
                if let Some(m) = cut_short(line) {
                    println!("CUT {} {} {}", m.kind.id, path.display(), &line[m.start..]);
                }
            }
            if clock.elapsed().as_millis() > 500 {
                println!("SLOW cut {} {:?}", path.display(), clock.elapsed());
            }
        });
    }
    println!(
        "{count} hits in {files} files, {bytes} bytes, {time:?}: {:.1} us/KB",
        time.as_micros() as f64 / (bytes as f64 / 1024.0)
    );
}
#[test]
fn adversarial() {
    let mut slowest = vec![];
    let mut parts: Vec<String> = literals().into_iter().map(str::to_owned).collect();
    for rule in rules::all() {
        parts.push(rule.literal.into());
        parts.push(Disguise::Reversed.apply(rule.literal));
        parts.push(Disguise::Rot13.apply(rule.literal));
    }
    for l in [
        "eyJ.",
        "eyJhbGci",
        ".eyJ",
        "-----BEGIN PRIVATE KEY-----",
        "-----END PRIVATE KEY-----",
        "-----BEGIN PRIVATE KEY-----\nA: \n",
        "YEK ETAVIRP NIGEB-----",
        "-----ORTVA CEVINGR XRL-----",
        "\"kty\"",
        "\"kty\"\"d\"",
        "seed ",
        "seed phrase word ",
        "Private-Lines:",
        "Private-Lines: 1\nabcd\n",
        "0x0123456789abcdef",
        "b3BlbnNzaC1rZXktdj",
        "b3BlbnNzaC1rZXktdj\n",
        "{\"kty\":\"d\":\"",
        "a.",
        "a1:AA",
        "&sig=se=",
        "wallet, ",
    ] {
        parts.push(l.into());
    }
    for part in parts {
        for sep in ["", " ", "-", "/", "a1B2", "="] {
            let unit = format!("{part}{sep}");
            let text = unit.repeat(50_000 / unit.len() + 1);
            let clock = std::time::Instant::now();
            let mut hits = Hits::default();
            literals::find(&text, &mut hits);
            slowest.push((
                clock.elapsed().as_micros() as f64 / (text.len() as f64 / 1024.0),
                hits.0.len(),
                unit,
            ));
        }
    }
    slowest.sort_by(|a, b| b.0.total_cmp(&a.0));
    for s in slowest.iter().take(25) {
        println!("ADV {:.0} us/KB hits {} {:?}", s.0, s.1, s.2);
    }
}
