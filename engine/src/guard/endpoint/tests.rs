use proptest::prelude::*;

use crate::guard::probe::{assert_found, assert_harmless, prohibited};
use crate::guard::samples::Source;

#[test]
fn private_addresses_in_use_are_found() {
    for seed in 0..30 {
        let mut source = Source::new(seed);
        let (a, b) = (20 + source.below(200), 20 + source.below(200));
        for host in [
            format!("10.{a}.{b}.7"),
            format!("172.{}.{a}.{b}", 16 + source.below(16)),
            format!("192.168.{a}.{b}"),
            format!("100.{}.{a}.{b}", 64 + source.below(60)),
        ] {
            for text in [
                format!("http://{host}:8080/admin"),
                format!("curl {host}/metrics"),
                format!("ssh root@{host}"),
                format!("DB_HOST={host}"),
                format!("host: \"{host}\""),
                format!("moved to {host}:9092."),
                format!("\"server\": \"{host}\""),
                format!("ping {host} fails"),
            ] {
                assert_found("private_address", &text);
            }
        }
    }
    assert_found(
        "private_address",
        "curl -6 http://[fd12:3456:789a::1]:8080/",
    );
    assert_found(
        "private_address",
        "curl http://169.254.169.254/latest/meta-data/iam",
    );
}

#[test]
fn talk_of_networks_is_harmless() {
    for text in [
        "what is 192.168.1.1?",
        "hosts in 10.0.0.0/8",
        "the range 192.168.1.0/24",
        "route 172.16.0.0/12 via eth0",
        "driver 10.18.13.4 is old",
        "http://127.0.0.1:8000",
        "http://localhost:3000/",
        "::1 is loopback",
        "http://203.0.113.7/x",
        "10.5",
        "python 3.10.4.1",
        "192.0.2.1:80",
        "http://8.8.8.8/",
    ] {
        assert_harmless(text);
    }
}

#[test]
fn internal_hosts_are_found() {
    for text in [
        "https://orders-1.prod.internal/",
        "orders-2.eu1.internal:5432",
        "https://jenkins.acmetron.corp/job/1",
        "https://wiki.corp.acmetron.com/x",
        "https://gitlab.int.acmetron.io/",
        "psql -h db01.lan",
        "https://erp.fernhill.local/login",
        "http://api.shop.svc.cluster.local",
        "redis.cache.svc.cluster.local:6379",
        "ip-10-2-3-4.ec2.internal",
        "HOST=vpn.intranet.acmetron.com",
        "ping nas-2.home.arpa",
    ] {
        assert_found("internal_host", text);
    }
}

#[test]
fn code_that_looks_like_hosts_is_harmless() {
    for text in [
        "this.local.x = 1",
        "import .internal",
        "~/.local/share/app",
        "self.internal.run()",
        "com.acme.internal.util.Foo",
        "from app.internal import x",
        "host.docker.internal:8080",
        "www.who.int/news",
        "threading.local()",
        "std.int.parse",
        "kubernetes.default.svc",
        "color.branch.local setting",
        "point.x",
        "https://internal.example.com/",
    ] {
        assert_harmless(text);
    }
}

#[test]
fn shares_and_consoles_are_found() {
    let slashes = "\\".repeat(2);
    assert_found(
        "network_share",
        &format!("open {slashes}fs-01\\finance\\2026"),
    );
    assert_found(
        "network_share",
        &format!("\"{slashes}{slashes}fs-01{slashes}finance\""),
    );
    assert_found("network_share", "mount smb://nas-03/projects");
    for text in [
        "http://localhost:15672/api/queues",
        "http://127.0.0.1:8001/api/v1/namespaces/kube-system/secrets",
        "http://[::1]:9000/admin/users",
        "http://localhost:8080/actuator/heapdump",
    ] {
        assert_found("admin_console", text);
    }
    for text in [
        r"\\d+\w",
        r"a\\nb\tc",
        r"[\\x81\x00abc]",
        "http://localhost:8000/admin/",
        "localhost:5432",
        "http://localhost:5000/api/items/3",
    ] {
        assert_harmless(text);
    }
}

proptest! {
    #[test]
    fn no_text_makes_it_panic(text in any::<String>(), tail in "[0-9a-z.:/@\\\\\\[\\]é -]{0,60}") {
        prohibited(&format!("10.{tail}{text}"));
        prohibited(&format!("{text}.internal{tail}"));
        prohibited(&format!("\\\\{tail}{text} localhost:{tail} fd00:{tail} http://{tail}"));
    }
}
