//! Expressions that each engine writes in its own way.

/// Returns the condition that a text contains `/`. The partial indexes `…_name_with_slash` of the schema have the same
/// text; the engine uses them only for it.
pub(in crate::store) fn has_slash(column: &str) -> String {
    format!("{column} LIKE '%/%'")
}

/// Returns the position of the first `part` in `text`, from 1 on; 0 if there is none. Both are expressions.
pub(in crate::store) fn position(text: &str, part: &str) -> String {
    format!("instr({text}, {part})")
}

/// Returns an expression with the value of `column` that the engine looks up in no index.
pub(in crate::store) fn unindexed(column: &str) -> String {
    format!("+{column}")
}
