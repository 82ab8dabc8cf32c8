//! A VM's status: seven words, and what the platforms call them.

use super::shown::quoted;
use super::similar;
use crate::error::{Error, Result};
use std::collections::HashMap;
use std::sync::LazyLock;

/// Every status.
pub const STATUSES: &[&str] = &["running", "stopped", "suspended", "planned", "failed", RETIRED, UNKNOWN];

/// Status of a machine without one.
pub const UNKNOWN: &str = "unknown";

/// Status of a machine that is out of use: it counts no more.
pub const RETIRED: &str = "retired";

/// The platforms' words for each status, without case, blanks, `_` and `-`.
///
/// They are those of vSphere, `OpenStack`, AWS, Azure, Google Cloud, libvirt, Proxmox, Hyper-V, Xen, `CloudStack`,
/// Nutanix and `NetBox`, and the words of their German, French, Spanish, Chinese and Japanese lists. A word that means
/// different statuses on two of them is in [`AMBIGUOUS`]. A machine in maintenance is out of service for a while:
/// `suspended`.
const WORDS: &[(&str, &str)] = &[
    (
        "running",
        "running poweredon poweron on up active online started starting poweringon poweringup booting blocked \
         idle rebooting reboot hardreboot reset resetting resuming migrating resize verifyresize revertresize \
         rescue rescued password runningcritical inmigrate finishmigrate postmigrate moving inuse \
         eingeschaltet läuft gestartet aktiv soustension enmarche allumé allumée actif démarré démarrée encendido \
         encendida activo enejecución 运行中 正在运行 已打开电源 开机 已开机 執行中 開機 稼働中 実行中 起動中 パワーオン \
         オン",
    ),
    (
        "stopped",
        "stopped poweredoff poweroff off down shutoff shutdown inshutdown halted inactive offline stopping \
         poweringoff poweringdown deallocated deallocating shelved shelvedoffloaded shelving shelvingoffloading \
         offcritical disabled ausgeschaltet gestoppt horstension éteint éteinte arrêté arrêtée inactif apagado apagada \
         detenido detenida inactivo 已停止 关机 已关机 已关闭电源 關機 停止 停止中 パワーオフ オフ",
    ),
    (
        "suspended",
        "suspended suspending suspend paused pausing saved saving savedcritical pmsuspended hibernated \
         hibernating standby sleeping maintenance inmaintenance savevm angehalten pausiert suspendu suspendue enpause \
         suspendido suspendida 已挂起 挂起 已暂停 暂停 サスペンド サスペンド中 一時停止 一時停止中",
    ),
    (
        "planned",
        "planned staged staging build building pending provisioning creating requested reserved queued scheduled \
         scheduling spawning networking allocating initializing prelaunch new draft imagelocked waitforlaunch \
         imagelaunching geplant planifié planifiée planificado 计划中 予定",
    ),
    (
        "failed",
        "failed failure error crashed dying fault faulted repairing internalerror ioerror guestpanicked broken \
         notresponding fehler erreur fallido 错误 故障 エラー 障害",
    ),
    (
        "retired",
        "retired terminating deleted deleting softdeleted softdelete destroyed destroying \
         expunging expunged decommissioning decommissioned deprovisioning archived archive removed \
         stillgelegt retirado 已退役 廃止",
    ),
    (
        "unknown",
        "unknown nostate other none undetermined disconnected orphaned inaccessible invalid unassigned unbekannt inconnu \
         inconnue desconocido desconocida 未知 不明",
    ),
];

/// Words that mean one status on one platform and another one elsewhere, each with its statuses and where they hold.
/// Only a reader that knows the platform can take them.
const AMBIGUOUS: &[(&str, &str)] = &[
    ("terminated", "stopped (Google Cloud) or retired (AWS)"),
    ("shuttingdown", "stopped (vSphere, Hyper-V, libvirt) or retired (AWS)"),
];

/// The words of one platform for each status: lower case, without blanks, `_` and `-`.
#[derive(Debug)]
pub struct Words(pub &'static [(&'static str, &'static str)]);

impl Words {
    /// Returns the status that `text` means on the platform, in any case and with any separators.
    #[must_use]
    pub fn status(&self, text: &str) -> Option<&'static str> {
        let word = bare_word(text)?;
        let has_word = |words: &str| words.split_whitespace().any(|other| other == word);
        self.0.iter().find(|(_, words)| has_word(words)).map(|(status, _)| *status)
    }
}

static BY_WORD: LazyLock<HashMap<&'static str, &'static str>> = LazyLock::new(|| {
    WORDS.iter().flat_map(|(status, words)| words.split_whitespace().map(|word| (word, *status))).collect()
});

/// More than the longest platform's word has, separators included.
const LONGEST: usize = 64;

/// The one of the seven words that `text` is, in any case.
#[must_use]
pub fn known(text: &str) -> Option<&'static str> {
    STATUSES.iter().find(|status| status.eq_ignore_ascii_case(text.trim())).copied()
}

/// Reads one of the seven words in any case.
pub fn parse(text: &str) -> Result<&'static str> {
    let text = text.trim();
    if let Some(status) = known(text) {
        return Ok(status);
    }
    if let Some((_, candidates)) = bare_word(text).and_then(|word| AMBIGUOUS.iter().find(|(other, _)| *other == word)) {
        return Err(Error::failed(format!("{} has several meanings on other platforms", quoted(text)))
            .help(format!("write one of: {candidates}")));
    }
    let (last, others) = STATUSES.split_last().unwrap_or((&"unknown", &[]));
    let similar_words =
        from_platform(text).map_or_else(|| similar::nearest(text, STATUSES.iter().copied(), 1), |word| vec![word]);
    let message = format!("{} is not a status", quoted(text));
    let all = format!("a status is {} or {last}", others.join(", "));
    Err(Error::failed(message).help(match similar::did_you_mean(&similar_words) {
        Some(question) => format!("{question} {all}"),
        None => all,
    }))
}

/// The status that a platform's word means (`poweredOn`, `VM deallocated`, `PowerState/running`), and the seven
/// words themselves.
#[must_use]
pub fn from_platform(text: &str) -> Option<&'static str> {
    let word = bare_word(text)?;
    let unprefixed = ["powerstate/", "provisioningstate/", "vm"].iter().find_map(|prefix| word.strip_prefix(prefix));
    BY_WORD.get(word.as_str()).or_else(|| BY_WORD.get(unprefixed?)).copied()
}

/// Returns a word as it is looked up, unless it is longer than any.
fn bare_word(text: &str) -> Option<String> {
    let text = text.trim();
    let letters = text.chars().filter(|c| !c.is_whitespace() && !matches!(c, '_' | '-'));
    (text.len() <= LONGEST).then(|| letters.flat_map(char::to_lowercase).collect())
}

#[cfg(test)]
mod tests {
    use super::{AMBIGUOUS, STATUSES, WORDS, Words, from_platform, parse};
    use proptest::prelude::{any, prop_assert, prop_assert_eq, proptest};
    use std::collections::HashSet;

    #[test]
    fn a_word_means_one_status_and_is_written_as_it_is_looked_up() {
        let mut seen = HashSet::new();
        for (status, words) in WORDS {
            assert!(STATUSES.contains(status));
            for word in words.split_whitespace() {
                assert!(seen.insert(word), "{word} stands twice");
                assert_eq!(super::bare_word(word).as_deref(), Some(word), "{word}");
            }
        }
        assert_eq!(WORDS.len(), STATUSES.len());
    }

    #[test]
    fn the_seven_words_are_read_in_any_case() {
        for status in STATUSES {
            assert_eq!(parse(status), Ok(*status));
            assert_eq!(parse(&status.to_uppercase()), Ok(*status));
            assert_eq!(from_platform(status), Some(*status));
        }
    }

    #[test]
    fn another_word_is_told_with_the_seven_and_the_nearest() {
        let error = parse("runing").expect_err("no status");
        assert_eq!(error.message(), "\"runing\" is not a status");
        let all = "a status is running, stopped, suspended, planned, failed, retired or unknown";
        assert_eq!(error.way_out(), Some(format!("did you mean running? {all}").as_str()));
        assert_eq!(parse("fine").expect_err("no status").way_out(), Some(all));
        let error = parse("poweredOff").expect_err("no status");
        assert_eq!(error.way_out(), Some(format!("did you mean stopped? {all}").as_str()));
    }

    #[test]
    fn a_word_that_platforms_disagree_about_is_refused_with_what_it_can_mean() {
        let error = parse("TERMINATED").expect_err("stopped on Google Cloud, gone on AWS");
        assert_eq!(error.message(), "\"TERMINATED\" has several meanings on other platforms");
        let help = "write one of: stopped (Google Cloud) or retired (AWS)";
        assert_eq!(error.way_out(), Some(help));
        assert!(
            parse("shutting-down").expect_err("a stop or the end").way_out().is_some_and(|help| help.contains("AWS"))
        );
    }

    #[test]
    fn a_platform_has_words_of_its_own() {
        const GOOGLE: Words = Words(&[("running", "running"), ("stopped", "terminated stopping")]);
        assert_eq!(GOOGLE.status("TERMINATED"), Some("stopped"));
        assert_eq!(GOOGLE.status(" Stopping "), Some("stopped"));
        assert_eq!(GOOGLE.status("poweredOn"), None);
    }

    #[test]
    fn the_words_of_the_platforms_are_understood() {
        for (word, status) in [
            ("poweredOn", "running"),
            ("poweredOff", "stopped"),
            ("Powered Off", "stopped"),
            ("ACTIVE", "running"),
            ("SHUTOFF", "stopped"),
            ("BUILD", "planned"),
            ("ERROR", "failed"),
            ("SHELVED_OFFLOADED", "stopped"),
            ("SOFT_DELETED", "retired"),
            ("pending", "planned"),
            ("stopping", "stopped"),
            ("VM running", "running"),
            ("VM deallocated", "stopped"),
            ("VM stopped", "stopped"),
            ("PowerState/running", "running"),
            ("PROVISIONING", "planned"),
            ("STAGING", "planned"),
            ("shut off", "stopped"),
            ("in shutdown", "stopped"),
            ("crashed", "failed"),
            ("paused", "suspended"),
            ("Off", "stopped"),
            ("Saved", "suspended"),
            ("planned", "planned"),
            ("staged", "planned"),
            ("offline", "stopped"),
            ("decommissioning", "retired"),
            ("ON", "running"),
            ("maintenance", "suspended"),
        ] {
            assert_eq!(from_platform(word), Some(status), "{word}");
        }
        assert_eq!(from_platform("fine"), None);
        for (word, _) in AMBIGUOUS {
            assert_eq!(from_platform(word), None, "{word}");
        }
        assert_eq!(from_platform(""), None);
        assert_eq!(from_platform("vm"), None);
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in any::<String>()) {
            prop_assert!(parse(&text).is_ok_and(|status| STATUSES.contains(&status)) || parse(&text).is_err());
            prop_assert!(from_platform(&text).is_none_or(|status| STATUSES.contains(&status)));
        }

        #[test]
        fn case_and_separators_do_not_matter(capital in any::<bool>(), separator in "[ _-]{0,2}") {
            let word = format!("powered{separator}off");
            let word = if capital { word.to_uppercase() } else { word };
            prop_assert_eq!(from_platform(&word), Some("stopped"));
        }
    }
}
