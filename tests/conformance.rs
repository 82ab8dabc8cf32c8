//! Every noun has every verb: what the contract says of nouns in general, held against each noun of the catalog.
//!
//! Each check runs twice: on `inv` itself, and on the example that adds a noun, which must have all of it too.

#[path = "../examples/fourteenth_noun.rs"]
#[expect(dead_code, reason = "the tests run the example's main as a program")]
mod fourteenth_noun;

mod adding;
mod program;
mod sample;

/// Makes each check a test of each program; the harness finds tests by their items, so a loop will not do.
macro_rules! checks {
    ($($area:ident: $($check:ident)*;)*) => {
        mod inv_itself {
            $($(#[test] fn $check() { super::$area::$check(super::program::Program::standard()); })*)*
        }
        mod with_a_fourteenth_noun {
            $($(#[test] fn $check() { super::$area::$check(super::program::Program::with_a_noun_more()); })*)*
        }
    };
}

checks! {
    adding:
        adds_what_it_is_told_and_prints_the_path
        names_all_that_is_missing_at_once
        refuses_a_duplicate
        refuses_a_reference_that_leads_nowhere_and_suggests_one;
}

#[test]
fn a_noun_more_costs_at_most_forty_lines_and_no_function() {
    let source = include_str!("../examples/fourteenth_noun.rs");
    let (_, rest) = source.split_once("// [the fourteenth noun\n").expect("the first mark");
    let (noun, rest) = rest.split_once("// the fourteenth noun]\n").expect("the second mark");
    assert!(noun.lines().count() <= 40, "{} lines", noun.lines().count());
    let code = noun.lines().filter(|line| !line.trim_start().starts_with("//"));
    assert!(code.clone().all(|line| !line.contains("fn ") && !line.contains('!')), "neither a function nor a macro");
    assert_eq!(rest.matches("fn ").collect::<Vec<_>>(), ["fn "], "main, and nothing else, follows");
}
