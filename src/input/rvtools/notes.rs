//! Contents of an export that the inventory does not take, in sentences.
//!
//! Nothing is dropped silently, and nothing is printed a thousand times: what was left out, changed or could not be
//! placed is gathered by topic, counted in full, and shown by its first items.

/// Kind of a note.
pub(super) struct Topic {
    /// The sentence: `{n}` becomes the count, `{s}` a plural's ending, `{was}` was or were, `{is}` is or are,
    /// `{has}` has or have, `{es}` a plural's ending after s, `{them}` it or them.
    pub(super) text: &'static str,
    /// Number of items that are listed after it.
    pub(super) shown: usize,
}

/// Notes about an export, each kind once with its count.
#[derive(Default)]
pub(super) struct Notes {
    topics: Vec<Gathered>,
    sentences: Vec<String>,
    /// Number of lines that could not be read: the export is not whole.
    pub(super) unread_lines: usize,
}

struct Gathered {
    topic: &'static Topic,
    items: Vec<String>,
    count: usize,
}

impl Notes {
    /// Counts one thing of a topic, and keeps how it is called.
    pub(super) fn add(&mut self, topic: &'static Topic, item: String) {
        let gathered = self.gathered(topic);
        gathered.count += 1;
        if gathered.items.len() < topic.shown {
            gathered.items.push(item);
        }
    }

    /// Counts things of a topic that are not shown one by one.
    pub(super) fn count(&mut self, topic: &'static Topic, count: usize) {
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

    /// Adds a sentence of its own.
    pub(super) fn say(&mut self, sentence: String) {
        self.sentences.push(sentence);
    }

    /// The sentences: the topics in the order in which they came up, then those of their own.
    pub(super) fn into_sentences(self) -> Vec<String> {
        self.topics.into_iter().map(Gathered::into_sentence).chain(self.sentences).collect()
    }
}

impl Gathered {
    fn into_sentence(self) -> String {
        let (is_one, count) = (self.count == 1, self.count.to_string());
        let choose = |one: &'static str, many: &'static str| if is_one { one } else { many };
        let mut sentence = self.topic.text.replace("{n}", &count);
        for (mark, word) in [
            ("{s}", choose("", "s")),
            ("{es}", choose("", "es")),
            ("{was}", choose("was", "were")),
            ("{is}", choose("is", "are")),
            ("{has}", choose("has", "have")),
            ("{them}", choose("it", "them")),
        ] {
            sentence = sentence.replace(mark, word);
        }
        if !self.items.is_empty() {
            sentence.push_str(": ");
            sentence.push_str(&self.items.join(", "));
            let more = self.count - self.items.len();
            if more > 0 {
                sentence.push_str(" and ");
                sentence.push_str(&more.to_string());
                sentence.push_str(" more");
            }
        }
        sentence
    }
}

/// A count and what it counts: `1 vm`, `3 vms`.
pub(super) fn count_of(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

/// A text from the export as it is shown in a sentence: cut where it is long, with control characters escaped.
pub(super) fn shown(text: &str) -> String {
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
    use super::{Notes, Topic, shown};

    const TEMPLATES: Topic = Topic { text: "left out {n} template{s}", shown: 2 };
    const ROWS: Topic = Topic { text: "{n} row{s} {has} no vm and {was} left out", shown: 0 };

    #[test]
    fn topics_are_counted_in_full_and_shown_by_their_first_items() {
        let mut notes = Notes::default();
        notes.add(&TEMPLATES, "a".to_owned());
        notes.count(&ROWS, 0);
        notes.add(&ROWS, "row 7".to_owned());
        for name in ["b", "c", "d"] {
            notes.add(&TEMPLATES, name.to_owned());
        }
        assert_eq!(
            notes.into_sentences(),
            ["left out 4 templates: a, b and 2 more", "1 row has no vm and was left out"]
        );
    }

    #[test]
    fn texts_are_shown_without_controls_and_not_endlessly() {
        assert_eq!(shown("C:\\ \"x\"\u{1b}[31m"), "C:\\ \"x\"\\u{1b}[31m");
        assert_eq!(shown(&"x".repeat(100)), "x".repeat(80) + "…");
    }
}
