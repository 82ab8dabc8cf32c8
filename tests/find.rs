//! Finding records of any noun by what they say.

use crate::support::Sandbox;
use std::net::Ipv4Addr;

fn found(sandbox: &Sandbox, text: &str) -> Vec<String> {
    let answer = sandbox.ok(&["find", text, "-o", "csv", "--no-headers"]);
    answer.lines().map(str::to_owned).collect()
}

#[test]
fn the_best_match_comes_first() {
    let sandbox = Sandbox::estate();
    for line in ["user add web", "system add old-web", "system add cobweb --description about:Web", "os add WebOS"] {
        sandbox.ok(&line.split(' ').collect::<Vec<&str>>());
    }
    insta::assert_snapshot!(sandbox.run(&["find", "WEB"]), @r"
    status 0
    noun    path                  field        text
    user    web                   name         web
    vm      AWS/tokyo/prod/web01  name         web01
    vm      AWS/tokyo/prod/web02  name         web02
    vm      AWS/tokyo/test/web10  name         web10
    os      WebOS                 name         WebOS
    system  old-web               name         old-web
    system  cobweb                description  about:Web
    ");
    assert_eq!(found(&sandbox, "obwe"), ["system,cobweb,name,cobweb"]);
    assert_eq!(sandbox.run(&["find", "nowhere"]).to_string(), "status 0\nnoun  path  field  text\n");
    assert_eq!(found(&sandbox, "example.com"), ["user,alice,email,alice@example.com"]);
    let narrowed = sandbox.ok(&[
        "find",
        "web",
        "--where",
        "noun=vm",
        "--sort",
        "path:desc",
        "--limit",
        "1",
        "-c",
        "path",
        "-o",
        "tsv",
    ]);
    assert_eq!(narrowed, "path\nAWS/tokyo/test/web10\n");
    assert_eq!(sandbox.run(&["find", ""]).status, 2);
}

#[test]
fn every_text_field_of_every_noun_is_looked_through() {
    let sandbox = Sandbox::empty();
    let marks: Vec<(String, String)> = [
        ("provider add needle-1", "provider,needle-1,name"),
        ("dc add needle-2 --provider needle-1", "dc,needle-1/needle-2,name"),
        ("dc add d --provider needle-1 --location x-needle", "dc,needle-1/d,location"),
        ("pool add p --dc d", ""),
        ("pool add needle-3 --dc d", "pool,needle-1/d/needle-3,name"),
        ("storage add needle-4 --pool p", "storage,needle-1/d/p/needle-4,name"),
        ("vm add v --pool p", ""),
        ("vm add t --pool p --type needle.large", "vm,needle-1/d/p/t,type"),
        ("vm add o --pool p --custom-os needleOS", "vm,needle-1/d/p/o,custom-os"),
        ("disk add needle-5 --vm v", "disk,needle-1/d/p/v/needle-5,name"),
        ("partition add /needle --disk needle-5", "partition,needle-1/d/p/v/needle-5//needle,name"),
        ("partition add x --disk needle-5 --filesystem needlefs", "partition,needle-1/d/p/v/needle-5/x,filesystem"),
        ("ip add 10.0.0.1 --vm v --vlan needle", "ip,needle-1/d/p/v/10.0.0.1,vlan"),
        ("os add needle-6", "os,needle-6,name"),
        ("unit add needle-7 --bytes 5", "unit,needle-7,name"),
        ("system add needle-8", "system,needle-8,name"),
        ("system add s --description a.needle", "system,s,description"),
        ("user add needle-9", "user,needle-9,name"),
        ("user add u --email needle@x", "user,u,email"),
    ]
    .iter()
    .map(|(line, mark)| ((*line).to_owned(), (*mark).to_owned()))
    .collect();
    for (line, _) in &marks {
        sandbox.ok(&line.split(' ').collect::<Vec<&str>>());
    }
    let added =
        sandbox.run_with_input(&["login-user", "add", "needle-10", "--password-stdin"], "correct horse battery\n");
    assert_eq!(added.status, 0, "{added}");
    sandbox.sign_in("needle-10");
    let mut wanted: Vec<String> = marks.into_iter().map(|(_, mark)| mark).filter(|mark| !mark.is_empty()).collect();
    wanted.push("login-user,needle-10,name".replace(",name", ",username"));
    wanted.sort();
    let mut seen: Vec<String> =
        found(&sandbox, "NEEDLE").iter().map(|line| line.rsplitn(2, ',').last().expect("a field").to_owned()).collect();
    seen.sort();
    assert_eq!(seen, wanted);
    assert_eq!(found(&sandbox, "argon2id"), Vec::<String>::new());
}

#[test]
fn any_case_of_any_script_is_found() {
    let sandbox = Sandbox::empty();
    for name in ["СЕРВЕР-база", "Straße 7", "ＷＥＢ東京", "Οδός", "100%_sure"] {
        sandbox.ok(&["system", "add", name]);
    }
    for (text, name) in [
        ("сервер", "СЕРВЕР-база"),
        ("БАЗА", "СЕРВЕР-база"),
        ("STRAẞE", "Straße 7"),
        ("東京", "ＷＥＢ東京"),
        ("ｗｅｂ", "ＷＥＢ東京"),
        ("ΟΔΌΣ", "Οδός"),
        ("%_S", "100%_sure"),
    ] {
        assert_eq!(found(&sandbox, text), [format!("system,{name},name,{name}")], "{text}");
    }
    assert_eq!(found(&sandbox, "_%"), Vec::<String>::new());
}

#[test]
fn an_address_or_a_block_finds_addresses_and_what_bears_them() {
    let sandbox = Sandbox::estate();
    let mut wanted = Vec::new();
    let mut bearers = Vec::new();
    for number in 0..40_u32 {
        let address = Ipv4Addr::from_bits(0x0a01_00f0 + number);
        let name = format!("n{number}");
        sandbox.ok(&["vm", "add", &name, "--pool", "test", "--ip", &address.to_string()]);
        // 10.1.0.240 to 10.1.0.255 are a /28, the others lie beyond it.
        if number < 16 {
            wanted.push(format!("ip,AWS/tokyo/test/{name}/{address},ipv4,{address}"));
            bearers.push(format!("vm,AWS/tokyo/test/{name},ips,{address}"));
        }
    }
    wanted.append(&mut bearers);
    assert_eq!(found(&sandbox, "10.1.0.240/28"), wanted);
    // An address is that address: 10.0.0.1 is not part of 10.0.0.11.
    assert_eq!(found(&sandbox, "10.0.0.1"), Vec::<String>::new());
    assert_eq!(
        found(&sandbox, "10.0.0.11"),
        ["ip,AWS/tokyo/prod/web01/10.0.0.11,ipv4,10.0.0.11", "vm,AWS/tokyo/prod/web01,ips,10.0.0.11"]
    );
    assert_eq!(found(&sandbox, "10.0.0."), ["ip,AWS/tokyo/prod/web01/10.0.0.11,ipv4,10.0.0.11"]);
    sandbox.ok(&["ip", "add", "fd00::11", "--vm", "web01"]);
    sandbox.ok(&["ip", "add", "fd00::12", "--vm", "web01"]);
    let both = [
        "ip,AWS/tokyo/prod/web01/fd00::11,ipv6,fd00::11",
        "ip,AWS/tokyo/prod/web01/fd00::12,ipv6,fd00::12",
        "vm,AWS/tokyo/prod/web01,ips,fd00::11",
    ];
    assert_eq!(found(&sandbox, "FD00:0::/64"), both);
    assert_eq!(sandbox.run(&["find", "10.0.0.0/33"]).status, 2);
    assert_eq!(found(&sandbox, "web/33"), Vec::<String>::new());
}
