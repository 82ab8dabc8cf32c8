//! Contents of a source that the inventory does not take, in sentences.
//!
//! Every reader of a source reports here, and nothing is dropped silently or printed a thousand times: what was left
//! out, changed or could not be placed is gathered by topic, counted in full, and shown by its first items. The kind of
//! a topic decides what follows from it: `--strict` turns cells that could not be read and rows that could not be
//! placed into faults, whichever reader found them.

/// Number of items of a topic that are named with `--verbose`.
const NAMED: usize = 10_000;

/// Kind of a note.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoteKind {
    /// Contents that are left out or changed by a rule of the reader.
    Remark,
    /// Consequence of other notes for the import, which is told also with `--quiet`.
    Warning,
    /// Contents that the inventory has no place for: counted, and named with `--verbose`.
    Unused,
    /// A cell that could not be read and leaves its field alone.
    Cell,
    /// A row that could not be placed and is left out: the source may not be complete.
    Row,
}

/// Topic of notes.
#[derive(Debug)]
pub struct Topic {
    /// The kind of its notes.
    pub kind: NoteKind,
    /// The sentence: `{n}` becomes the count, `{s}` a plural's ending, `{was}` was or were, `{is}` is or are,
    /// `{has}` has or have, `{es}` a plural's ending after s, `{them}` it or them, `{their}` its or their. The items take
    /// the place of `{items}`, or follow a colon.
    pub text: &'static str,
    /// Number of items that are listed after it without `--verbose`.
    pub shown: usize,
}

impl Topic {
    /// Creates a topic that lists so many items.
    #[must_use]
    pub const fn new(kind: NoteKind, text: &'static str, shown: usize) -> Self {
        Self { kind, text, shown }
    }
}

/// One note as users read it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// Its kind.
    pub kind: NoteKind,
    /// Number of things that it is about.
    pub count: usize,
    /// The sentence, with its first items unless they are unused contents.
    pub text: String,
    /// The sentence with all of its items.
    pub named: String,
}

impl Note {
    /// Tests if the note is told also with `--quiet`.
    #[must_use]
    pub const fn is_urgent(&self) -> bool {
        matches!(self.kind, NoteKind::Warning) || self.is_loss()
    }

    /// Tests if the note is a fault with `--strict`.
    #[must_use]
    pub const fn is_loss(&self) -> bool {
        matches!(self.kind, NoteKind::Cell | NoteKind::Row)
    }
}

/// Notes about a source, each topic once with its count.
#[derive(Debug, Default)]
pub struct Notes {
    topics: Vec<Gathered>,
    sentences: Vec<(NoteKind, String)>,
}

#[derive(Debug)]
struct Gathered {
    topic: &'static Topic,
    items: Vec<String>,
    count: usize,
}

impl Notes {
    /// Counts one thing of a topic, and keeps how it is called.
    pub fn add(&mut self, topic: &'static Topic, item: String) {
        self.add_several(topic, 1, item);
    }

    /// Counts things of a topic that are shown as one item.
    pub fn add_several(&mut self, topic: &'static Topic, count: usize, item: String) {
        let gathered = self.gathered(topic);
        gathered.count += count;
        if gathered.items.len() < NAMED {
            gathered.items.push(item);
        }
    }

    /// Counts things of a topic that are not shown one by one.
    pub fn count(&mut self, topic: &'static Topic, count: usize) {
        if count > 0 {
            self.gathered(topic).count += count;
        }
    }

    fn gathered(&mut self, topic: &'static Topic) -> &mut Gathered {
        let position = self.topics.iter().position(|gathered| gathered.topic.text == topic.text);
        let index = position.unwrap_or_else(|| {
            self.topics.push(Gathered { topic, items: Vec::new(), count: 0 });
            self.topics.len() - 1
        });
        &mut self.topics[index]
    }

    /// Adds all notes of others behind its own.
    pub fn join(&mut self, others: Self) {
        for other in others.topics {
            let gathered = self.gathered(other.topic);
            gathered.count += other.count;
            let room = NAMED.saturating_sub(gathered.items.len());
            gathered.items.extend(other.items.into_iter().take(room));
        }
        self.sentences.extend(others.sentences);
    }

    /// Adds a remark of its own.
    pub fn say(&mut self, sentence: String) {
        self.sentences.push((NoteKind::Remark, sentence));
    }

    /// Adds a warning of its own.
    pub fn warn(&mut self, sentence: String) {
        self.sentences.push((NoteKind::Warning, sentence));
    }

    /// Returns the notes: the topics in the order in which they came up, then the remarks of their own.
    #[must_use]
    pub fn into_notes(self) -> Vec<Note> {
        let own = |(kind, text): (NoteKind, String)| Note { kind, count: 1, named: text.clone(), text };
        self.topics.into_iter().map(Gathered::into_note).chain(self.sentences.into_iter().map(own)).collect()
    }
}

impl Gathered {
    fn into_note(self) -> Note {
        let (is_one, count) = (self.count == 1, self.count.to_string());
        let choose = |one: &'static str, many: &'static str| if is_one { one } else { many };
        let (them, their) = (choose("it", "them"), choose("its", "their"));
        let mut sentence = self.topic.text.replace("{n}", &count);
        for (mark, word) in [
            ("{s}", choose("", "s")),
            ("{es}", choose("", "es")),
            ("{was}", choose("was", "were")),
            ("{is}", choose("is", "are")),
            ("{has}", choose("has", "have")),
            ("{them}", them),
            ("{their}", their),
        ] {
            sentence = sentence.replace(mark, word);
        }
        let Topic { kind, shown, .. } = *self.topic;
        let named = self.listed(&sentence, usize::MAX);
        let text = match kind {
            NoteKind::Unused => format!("{sentence} (-v lists {them})"),
            _ => self.listed(&sentence, shown),
        };
        Note { kind, count: self.count, text, named }
    }

    /// The sentence with so many of its items, and the number of the others.
    fn listed(&self, sentence: &str, shown: usize) -> String {
        let shown = shown.min(self.items.len());
        if shown == 0 {
            return sentence.to_owned();
        }
        let items = self.items.get(..shown).unwrap_or_default().join(", ");
        let is_cut = shown < self.items.len() || self.items.len() == NAMED;
        let items = match self.count - shown.min(self.count) {
            more if is_cut && more > 0 => format!("{items} and {more} more"),
            _ => items,
        };
        if sentence.contains("{items}") { sentence.replace("{items}", &items) } else { format!("{sentence}: {items}") }
    }
}

/// A count and what it counts: `1 VM`, `3 VMs`.
pub(crate) fn count_of(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

/// A text from the export as it is shown in a sentence: cut where it is long, with control characters escaped.
pub(in crate::input) fn shown(text: &str) -> String {
    const LONGEST: usize = 80;
    let mut letters = text.chars();
    let mut shown: String = letters.by_ref().take(LONGEST).flat_map(escaped).collect();
    if letters.next().is_some() {
        shown.push('…');
    }
    shown
}

fn escaped(letter: char) -> Box<dyn Iterator<Item = char>> {
    if matches!(letter, '\\' | '"' | '\'') {
        Box::new(std::iter::once(letter))
    } else {
        Box::new(letter.escape_debug())
    }
}

#[cfg(test)]
mod tests {
    use super::{Note, NoteKind, Notes, Topic, shown};

    static TEMPLATES: Topic = Topic::new(NoteKind::Remark, "skipped {n} template{s}", 2);
    static ROWS: Topic = Topic::new(NoteKind::Row, "{n} row{s} {has} no vm and {was} left out", 0);
    static COLUMNS: Topic = Topic::new(NoteKind::Unused, "{n} column{s} {is} not used", usize::MAX);

    #[test]
    fn topics_are_counted_in_full_and_shown_by_their_first_items() {
        let mut notes = Notes::default();
        notes.add(&TEMPLATES, "a".to_owned());
        notes.count(&ROWS, 0);
        notes.add(&ROWS, "row 7".to_owned());
        for name in ["b", "c", "d"] {
            notes.add(&TEMPLATES, name.to_owned());
        }
        let notes = notes.into_notes();
        let texts: Vec<&str> = notes.iter().map(|note| note.text.as_str()).collect();
        assert_eq!(texts, ["skipped 4 templates: a, b and 2 more", "1 row has no vm and was left out"]);
        assert_eq!(notes[0].named, "skipped 4 templates: a, b, c, d");
        assert_eq!(notes.iter().map(Note::is_loss).collect::<Vec<_>>(), [false, true]);
    }

    #[test]
    fn unused_contents_are_counted_and_named_on_request() {
        let mut notes = Notes::default();
        notes.add_several(&COLUMNS, 2, "vInfo (NICs, Disks)".to_owned());
        notes.add(&COLUMNS, "vHost (Model)".to_owned());
        let notes = notes.into_notes();
        let [note] = notes.as_slice() else { panic!("one note: {notes:?}") };
        assert_eq!(note.text, "3 columns are not used (-v lists them)");
        assert_eq!(note.named, "3 columns are not used: vInfo (NICs, Disks), vHost (Model)");
    }

    #[test]
    fn texts_are_shown_without_controls_and_not_endlessly() {
        assert_eq!(shown("C:\\ \"x\"\u{1b}[31m"), "C:\\ \"x\"\\u{1b}[31m");
        assert_eq!(shown(&"x".repeat(100)), "x".repeat(80) + "…");
    }
}
