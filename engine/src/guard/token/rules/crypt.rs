//! Passwords as systems store them. A hash of a weak password is soon a password.

use super::*;

/// crypt(3)'s own base64.
const C: Alphabet = Alphabet::ALNUM.with(b"./");
const BCRYPT: &[Part] = &[d(2), t("$"), between(C, 53, 53)];
const SHA256_CRYPT: &[Part] = &[between(C, 1, 16), t("$"), between(C, 43, 43)];
const SHA512_CRYPT: &[Part] = &[between(C, 1, 16), t("$"), between(C, 86, 86)];
const ARGON2: &[Part] = &[
    t("$v="),
    d(2),
    t("$m="),
    between(D, 1, 9),
    t(",t="),
    between(D, 1, 4),
    t(",p="),
    between(D, 1, 3),
    t("$"),
    between(B, 8, 88),
    t("$"),
    between(B, 16, 172),
];
const PBKDF2: &[Part] = &[
    between(D, 1, 8),
    t("$"),
    between(C.with(b"-_"), 1, 64),
    t("$"),
    between(B.with(b".="), 27, 90),
];
const WERKZEUG: &[Part] = &[
    between(D, 1, 8),
    t("$"),
    between(N, 1, 64),
    t("$"),
    between(Alphabet::HEX, 40, 128),
];

#[rustfmt::skip]
pub(super) const RULES: &[Rule] = &[
    rule("bcrypt_hash", "a password hash", "$2a$", BCRYPT).anywhere(),
    rule("bcrypt_hash", "a password hash", "$2b$", BCRYPT).anywhere(),
    rule("bcrypt_hash", "a password hash", "$2y$", BCRYPT).anywhere(),
    rule("bcrypt_hash", "a password hash", "$2x$", BCRYPT).anywhere(),
    rule("md5_crypt_hash", "a password hash", "$1$", &[between(C, 1, 8), t("$"), between(C, 22, 22)]).anywhere(),
    rule("apr1_hash", "a password hash", "$apr1$", &[between(C, 1, 8), t("$"), between(C, 22, 22)]).anywhere(),
    rule("sha256_crypt_hash", "a password hash", "$5$", SHA256_CRYPT).anywhere(),
    rule("sha256_crypt_hash", "a password hash", "$5$rounds=", &[between(D, 1, 9), t("$"), between(C, 1, 16), t("$"), between(C, 43, 43)]).anywhere(),
    rule("sha512_crypt_hash", "a password hash", "$6$", SHA512_CRYPT).anywhere(),
    rule("sha512_crypt_hash", "a password hash", "$6$rounds=", &[between(D, 1, 9), t("$"), between(C, 1, 16), t("$"), between(C, 86, 86)]).anywhere(),
    rule("yescrypt_hash", "a password hash", "$y$", &[between(C, 2, 12), t("$"), between(C, 1, 86), t("$"), between(C, 43, 43)]).anywhere(),
    rule("yescrypt_hash", "a password hash", "$gy$", &[between(C, 2, 12), t("$"), between(C, 1, 86), t("$"), between(C, 43, 43)]).anywhere(),
    rule("scrypt_hash", "a password hash", "$7$", &[between(C, 11, 60), t("$"), between(C, 43, 43)]).anywhere(),
    rule("argon2_hash", "a password hash", "$argon2id", ARGON2).anywhere(),
    rule("argon2_hash", "a password hash", "$argon2i", ARGON2).anywhere(),
    rule("argon2_hash", "a password hash", "$argon2d", ARGON2).anywhere(),
    rule("phpass_hash", "a password hash", "$P$", &[between(C, 31, 31)]).anywhere(),
    rule("phpass_hash", "a password hash", "$H$", &[between(C, 31, 31)]).anywhere(),
    rule("drupal_hash", "a password hash", "$S$", &[between(C, 52, 52)]).anywhere(),
    rule("cisco_hash", "a password hash", "$8$", &[between(C, 14, 14), t("$"), between(C, 43, 43)]).anywhere(),
    rule("cisco_hash", "a password hash", "$9$", &[between(C, 14, 14), t("$"), between(C, 43, 43)]).anywhere(),
    rule("pbkdf2_hash", "a password hash", "pbkdf2_sha256$", PBKDF2).anywhere(),
    rule("pbkdf2_hash", "a password hash", "pbkdf2_sha1$", PBKDF2).anywhere(),
    rule("pbkdf2_hash", "a password hash", "$pbkdf2-sha256$", PBKDF2).anywhere(),
    rule("pbkdf2_hash", "a password hash", "$pbkdf2-sha512$", PBKDF2).anywhere(),
    rule("werkzeug_hash", "a password hash", "pbkdf2:sha256:", WERKZEUG).anywhere(),
    rule("werkzeug_hash", "a password hash", "scrypt:32768:8:1$", &[between(N, 1, 64), t("$"), h(128)]).anywhere(),
    rule("aspnet_hash", "a password hash", "AQAAAAEAACcQAAAAE", &[between(B, 60, 80), PAD]),
    rule("aspnet_hash", "a password hash", "AQAAAAIAAYagAAAAE", &[between(B, 60, 80), PAD]),
    rule("ldap_hash", "a password hash", "{SSHA}", &[between(B, 32, 60), PAD]).anywhere(),
    rule("ldap_hash", "a password hash", "{SHA}", &[between(B, 28, 28), PAD]).anywhere(),
    rule("ldap_hash", "a password hash", "{SSHA512}", &[between(B, 90, 120), PAD]).anywhere(),
    rule("scram_hash", "a password hash", "SCRAM-SHA-256$", &[between(D, 1, 8), t(":"), between(B, 8, 64), PAD, t("$"), b(43), t("=:"), b(43), t("=")]).anywhere(),
    rule("grub_hash", "a password hash", "grub.pbkdf2.sha512.", &[between(D, 1, 8), t("."), between(Alphabet::HEX, 32, 256), t("."), h(128)]).anywhere(),
    rule("ntlm_hash", "a password hash", "aad3b435b51404eeaad3b435b51404ee:", &[h(32)]).anywhere().labelled(),
    rule("kerberos_hash", "a Kerberos ticket hash", "$krb5tgs$", &[from(N.with(b"$*._-/:@"), 100)]).anywhere(),
    rule("kerberos_hash", "a Kerberos ticket hash", "$krb5asrep$", &[from(N.with(b"$*._-/:@"), 100)]).anywhere(),
    rule("dpapi_blob", "a protected string", "01000000d08c9ddf0115d1118c7a00c04fc297eb", &[from(Alphabet::HEX, 100)]).anywhere(),
];
