//! Programs that are given passwords on their command lines, and the flags that do it.

/// How a program is given a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// The flag's argument.
    Apart,
    /// What clings to the flag: `-pVALUE`.
    Attached,
    /// What stands between a slash and an at sign: `user/VALUE@host`.
    Slash,
    /// What follows a colon in the flag's argument: `-u user:VALUE`.
    Pair,
}

pub(super) struct Program {
    pub(super) name: &'static str,
    pub(super) flags: &'static [(&'static str, Form)],
}

const fn program(name: &'static str, flags: &'static [(&'static str, Form)]) -> Program {
    Program { name, flags }
}

pub(super) const PROGRAMS: &[Program] = &[
    program(
        "curl",
        &[
            ("-u", Form::Pair),
            ("--user", Form::Pair),
            ("-U", Form::Pair),
            ("--proxy-user", Form::Pair),
        ],
    ),
    program("http ", &[("-a", Form::Pair), ("--auth", Form::Pair)]),
    program("mysql", &[("-p", Form::Attached)]),
    program("mariadb", &[("-p", Form::Attached)]),
    program("sshpass", &[("-p", Form::Apart), ("-p", Form::Attached)]),
    program("redis-cli", &[("-a", Form::Apart), ("--pass", Form::Apart)]),
    program("mongo", &[("-p", Form::Apart), ("-p", Form::Attached)]),
    program("docker login", &[("-p", Form::Apart)]),
    program("podman login", &[("-p", Form::Apart)]),
    program("helm registry login", &[("-p", Form::Apart)]),
    program("oc login", &[("-p", Form::Apart)]),
    program("az login", &[("-p", Form::Apart)]),
    program("ldapsearch", &[("-w", Form::Apart)]),
    program("ldapmodify", &[("-w", Form::Apart)]),
    program("ldapadd", &[("-w", Form::Apart)]),
    program("sqlcmd", &[("-P", Form::Apart), ("-P", Form::Attached)]),
    program("bcp", &[("-P", Form::Apart), ("-P", Form::Attached)]),
    program("cqlsh", &[("-p", Form::Apart)]),
    program("smbclient", &[("-U", Form::Pair)]),
    program("rpcclient", &[("-U", Form::Pair)]),
    program("influx", &[("-t", Form::Apart)]),
    program("mosquitto_", &[("-P", Form::Apart)]),
    program("rdesktop", &[("-p", Form::Apart)]),
    program("xfreerdp", &[("/p:", Form::Attached)]),
    program("plink", &[("-pw", Form::Apart)]),
    program("pscp", &[("-pw", Form::Apart)]),
    program(
        "openssl",
        &[
            ("-passin", Form::Pair),
            ("-passout", Form::Pair),
            ("-pass", Form::Pair),
            ("-k", Form::Apart),
        ],
    ),
    program(
        "keytool",
        &[("-storepass", Form::Apart), ("-keypass", Form::Apart)],
    ),
    program(
        "jarsigner",
        &[("-storepass", Form::Apart), ("-keypass", Form::Apart)],
    ),
    program("lftp", &[("-u", Form::Pair), ("--user", Form::Pair)]),
    program("ncftp", &[("-p", Form::Apart)]),
    program("etcdctl", &[("--user", Form::Pair)]),
    program("useradd", &[("-p", Form::Apart)]),
    program("usermod", &[("-p", Form::Apart)]),
    program("hdbsql", &[("-p", Form::Apart)]),
    program("vsql", &[("-w", Form::Apart)]),
    program("tsql", &[("-P", Form::Apart)]),
    program("unzip ", &[("-P", Form::Apart)]),
    program("unrar", &[("-p", Form::Attached)]),
    program("zip ", &[("-P", Form::Apart)]),
    program("7z", &[("-p", Form::Attached)]),
    program("snmp", &[("-A", Form::Apart), ("-X", Form::Apart)]),
    program("ipmitool", &[("-P", Form::Apart)]),
    program("net use", &[]),
    program("net user", &[]),
    program("sqlplus", &[]),
    program("impdp", &[]),
    program("expdp", &[]),
    program("sqlldr", &[]),
    program(
        "wget",
        &[
            ("--password", Form::Apart),
            ("--http-password", Form::Apart),
        ],
    ),
    program("evil-winrm", &[("-p", Form::Apart)]),
    program("crackmapexec", &[("-p", Form::Apart)]),
];
