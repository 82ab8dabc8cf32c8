//! Headings of other people's spreadsheets: words for columns in six languages, and the unit in a heading.
//!
//! Words are kept in the form in which columns are compared: lower case, without blanks, `_` and `-`. A heading names a
//! column only where no column of the file has the field's own name.

use super::Entity;
use crate::value::name::column_key;

/// Words for the name of a record of any noun.
const NAMES: &[&str] = &["nom", "nombre", "bezeichnung", "名称", "名前", "名稱"];

/// Words for the name of a VM.
const VM_NAMES: &[&str] = &[
    "vm",
    "vmname",
    "nameofvm",
    "virtualmachine",
    "virtualmachinename",
    "server",
    "servername",
    "machine",
    "machinename",
    "instance",
    "instancename",
    "assetname",
    "displayname",
    "hostname",
    "guestname",
    "computername",
    "nodename",
    "nomdelavm",
    "nomvm",
    "machinevirtuelle",
    "serveur",
    "nomduserveur",
    "virtuellemaschine",
    "rechnername",
    "máquinavirtual",
    "maquinavirtual",
    "servidor",
    "nombredelavm",
    "虚拟机",
    "虚拟机名称",
    "虚拟机名",
    "虚机名称",
    "虚机名",
    "云主机",
    "实例名称",
    "虛擬機",
    "虛擬機名稱",
    "云主机名称",
    "服务器名称",
    "主机名",
    "仮想マシン",
    "仮想マシン名",
    "vm名",
    "サーバー名",
    "サーバ名",
    "ホスト名",
    "コンピューター名",
];

/// Words for the fields and collections of VMs, pools and storage devices: by the name of the field.
const WORDS: &[(&str, &[&str])] = &[
    (
        "memory",
        &[
            "ram",
            "mem",
            "memorysize",
            "memorycapacity",
            "memorytotal",
            "raminstalled",
            "ramsize",
            "mémoire",
            "memoire",
            "mémoirevive",
            "mémoireram",
            "arbeitsspeicher",
            "hauptspeicher",
            "memoria",
            "memoriaram",
            "内存",
            "内存大小",
            "記憶體",
            "メモリ",
            "メモリー",
            "メモリサイズ",
        ],
    ),
    (
        "cpu",
        &[
            "vcpu",
            "vcpus",
            "cpus",
            "cpucount",
            "processorcount",
            "numberofcpus",
            "processeurnombredecoeurs",
            "numcpu",
            "numcpus",
            "vcpucount",
            "numvcpu",
            "numvcpus",
            "no.ofcpus",
            "no.ofvcpu",
            "no.ofvcpus",
            "#cpus",
            "#vcpus",
            "vcpu(s)",
            "cpu(s)",
            "cpucores",
            "numberofvcpus",
            "numberofcores",
            "maxcpu",
            "cores",
            "processors",
            "processeur",
            "processeurs",
            "nbcpu",
            "nbvcpu",
            "nombredecpu",
            "nombredevcpu",
            "nombredecœurs",
            "prozessor",
            "prozessoren",
            "kerne",
            "cpukerne",
            "anzahlcpu",
            "anzahlvcpu",
            "anzahlkerne",
            "procesador",
            "procesadores",
            "núcleos",
            "处理器",
            "處理器",
            "cpu核数",
            "cpu(核)",
            "vcpu核数",
            "处理器数",
            "cpu数",
            "核数",
            "プロセッサ",
            "プロセッサー",
            "vcpu数",
            "コア数",
        ],
    ),
    (
        "status",
        &[
            "state",
            "powerstate",
            "instancestate",
            "vmstate",
            "vmstatus",
            "runstate",
            "power",
            "statut",
            "état",
            "etat",
            "zustand",
            "estado",
            "电源",
            "电源状态",
            "运行状态",
            "状态",
            "運行狀態",
            "狀態",
            "状態",
            "電源状態",
            "電源",
            "ステータス",
        ],
    ),
    (
        "os",
        &[
            "guestos",
            "operatingsystem",
            "osname",
            "osversion",
            "guestosname",
            "système",
            "systeme",
            "systèmed'exploitationnom",
            "systèmed'exploitation",
            "systemedexploitation",
            "systèmedexploitation",
            "betriebssystem",
            "sistemaoperativo",
            "操作系统",
            "操作系统版本",
            "系统版本",
            "作業系統",
            "オペレーティングシステム",
            "os名",
        ],
    ),
    (
        "ips",
        &[
            "ip",
            "ipaddress",
            "ipaddresses",
            "ipv4",
            "ipv4address",
            "ipv6",
            "ipv6address",
            "ipaddr",
            "primaryip",
            "privateip",
            "privateips",
            "privateipaddress",
            "privateipaddresses",
            "privateipv4address",
            "privateipv4addresses",
            "publicip",
            "publicipaddress",
            "publicipv4address",
            "publicipv4addresses",
            "internalip",
            "externalip",
            "elasticip",
            "ipv6ips",
            "guestip",
            "guestipaddress",
            "networks",
            "réseauip",
            "adresseip",
            "adressesip",
            "ipadresse",
            "ipadressen",
            "direcciónip",
            "direccionip",
            "direccionesip",
            "ip地址",
            "内网ip",
            "公网ip",
            "私网ip",
            "ip位址",
            "ipアドレス",
        ],
    ),
    (
        "owner",
        &[
            "responsible",
            "ownername",
            "contactperson",
            "vmowner",
            "contact",
            "propriétaire",
            "proprietaire",
            "responsable",
            "besitzer",
            "eigentümer",
            "verantwortlich",
            "verantwortlicher",
            "ansprechpartner",
            "propietario",
            "负责人",
            "业务负责人",
            "管理员",
            "負責人",
            "所有者",
            "担当者",
            "管理者",
            "管理担当者",
            "責任者",
        ],
    ),
    (
        "pool",
        &["cluster", "grappe", "clúster", "集群", "所属集群", "所在集群", "叢集", "资源池", "クラスタ", "クラスター"],
    ),
    (
        "dc",
        &[
            "site",
            "rechenzentrum",
            "standort",
            "centrededonnées",
            "centrededonnees",
            "centrodedatos",
            "数据中心",
            "機房",
            "機房名稱",
            "データセンター",
            "データセンタ",
            "拠点",
        ],
    ),
    (
        "type",
        &["instancetype", "machinetype", "flavor", "flavorname", "vmsize", "gabarit", "规格", "实例类型", "フレーバー"],
    ),
    (
        "disks",
        &[
            "disk",
            "disksize",
            "diskspace",
            "harddisk",
            "harddrive",
            "hdd",
            "disque",
            "disques",
            "festplatte",
            "disco",
            "discos",
            "磁盘",
            "硬盘",
            "ディスク",
        ],
    ),
    (
        "created",
        &[
            "creationdate",
            "createdat",
            "createdon",
            "datecreated",
            "datedecréation",
            "crééle",
            "erstellt",
            "erstelltam",
            "erstellungsdatum",
            "fechadecreación",
            "fechadecreacion",
            "创建时间",
            "建立時間",
            "作成日",
            "作成日時",
        ],
    ),
];

/// Words for the address of a record of the noun `ip`.
const ADDRESSES: &[&str] =
    &["ipaddr", "ipaddress", "address", "adresseip", "ipadresse", "direcciónip", "ip地址", "ipアドレス"];

/// Units that end a heading, in lower case, with the unit that each means.
const UNITS: &[(&str, &str)] = &[
    ("kib", "KiB"),
    ("mib", "MiB"),
    ("gib", "GiB"),
    ("tib", "TiB"),
    ("kb", "kB"),
    ("mb", "MB"),
    ("gb", "GB"),
    ("tb", "TB"),
    ("ko", "kB"),
    ("mo", "MB"),
    ("go", "GB"),
    ("to", "TB"),
    ("bytes", "B"),
];

/// Letters that stand for a binary unit, as they do in a cell.
const LETTERS: &[(char, &str)] = &[('m', "MiB"), ('g', "GiB"), ('t', "TiB")];

/// Brackets around a unit.
const BRACKETS: [char; 6] = ['(', ')', '[', ']', '（', '）'];

/// Returns the name of the field or collection of `entity` that a heading means in another language or program.
#[must_use]
pub fn meaning(entity: &Entity, heading: &str) -> Option<&'static str> {
    let key = column_key(heading);
    let is_one_of = |words: &[&str]| words.contains(&key.as_str());
    if is_one_of(NAMES) || (entity.noun == "vm" && is_one_of(VM_NAMES)) {
        return entity.names.first().copied();
    }
    if entity.noun == "ip" {
        return is_one_of(ADDRESSES).then_some(entity.noun);
    }
    if !matches!(entity.noun, "vm" | "pool" | "storage") {
        return None;
    }
    WORDS.iter().find(|(_, words)| is_one_of(words)).map(|(name, _)| *name)
}

/// Splits a heading such as `RAM (MB)`, `memory_gib` or `MemoryGB` into what it names and its unit.
#[must_use]
pub fn unit_in(heading: &str) -> Option<(String, &'static str)> {
    let whole = column_key(heading);
    let key: String = whole.chars().filter(|character| !BRACKETS.contains(character)).collect();
    // A letter alone is a unit in brackets only: RAM ends with one as well.
    let letter = LETTERS.iter().find(|(letter, _)| {
        let mut last = whole.chars().rev();
        let is_bracket = |character: Option<char>| character.is_some_and(|character| BRACKETS.contains(&character));
        is_bracket(last.next()) && last.next() == Some(*letter) && is_bracket(last.next())
    });
    if let Some((letter, unit)) = letter {
        return key.strip_suffix(*letter).map(|name| (name.to_owned(), *unit));
    }
    UNITS.iter().find_map(|(ending, unit)| {
        let name = key.strip_suffix(ending)?;
        (!name.is_empty())
            .then(|| (name.strip_suffix("in").or_else(|| name.strip_suffix("en")).unwrap_or(name).to_owned(), *unit))
    })
}

#[cfg(test)]
mod tests {
    use super::{NAMES, VM_NAMES, WORDS, meaning, unit_in};
    use crate::catalog::Catalog;
    use crate::value::name::column_key;

    #[test]
    fn words_are_kept_as_columns_are_compared_and_mean_one_field() {
        let all = WORDS.iter().flat_map(|(_, words)| words.iter()).chain(NAMES).chain(VM_NAMES);
        let mut seen = std::collections::HashSet::new();
        for word in all {
            assert_eq!(*word, column_key(word));
            assert!(seen.insert(word), "{word} stands twice");
        }
    }

    #[test]
    fn headings_in_six_languages_mean_fields_of_a_vm() {
        let catalog = Catalog::standard();
        let vm = catalog.named("vm").expect("a noun");
        for (heading, name) in [
            ("VM Name", "name"),
            ("Nom", "name"),
            ("虚拟机", "name"),
            ("Arbeitsspeicher", "memory"),
            ("Memoria RAM", "memory"),
            ("内存", "memory"),
            ("メモリ", "memory"),
            ("vCPUs", "cpu"),
            ("Adresse IP", "ips"),
            ("Cluster", "pool"),
        ] {
            assert_eq!(meaning(vm, heading), Some(name), "{heading}");
        }
        assert_eq!(meaning(vm, "备注"), None);
    }

    #[test]
    fn a_unit_at_the_end_of_a_heading_is_one_of_its_cells() {
        for (heading, found) in [
            ("RAM (MB)", ("ram", "MB")),
            ("memory_gib", ("memory", "GiB")),
            ("MemoryGB", ("memory", "GB")),
            ("内存（GB）", ("内存", "GB")),
            ("Mémoire en Go", ("mémoire", "GB")),
            ("RAM in GB", ("ram", "GB")),
            ("内存(G)", ("内存", "GiB")),
        ] {
            assert_eq!(unit_in(heading), Some((found.0.to_owned(), found.1)), "{heading}");
        }
        assert_eq!(unit_in("GB"), None);
        assert_eq!(unit_in("RAM (MHz)"), None);
        assert_eq!(unit_in("memory"), None);
    }
}
