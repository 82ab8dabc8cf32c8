//! Every noun has every verb: what the contract says of nouns in general, held against each noun of the catalog.
//!
//! Each check runs twice: on `inv` itself, and on the example that adds a noun, which must have all of it too.

#[path = "../examples/fourteenth_noun.rs"]
#[expect(dead_code, reason = "the tests run the example's main as a program")]
pub mod fourteenth_noun;

mod adding;
mod changing;
mod choosing;
mod files;
mod offering;
pub mod program;
mod remembering;
mod removing;
pub mod sample;
mod secrecy;
mod telling;

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
        applies_what_it_is_told_once_and_says_which
        names_all_that_is_missing_at_once
        refuses_a_duplicate
        refuses_a_reference_that_leads_nowhere_and_suggests_one;
    changing:
        sets_each_field_and_no_other
        changes_many_only_after_a_yes
        clears_each_field_that_may_be_empty
        refuses_to_clear_all_of_what_a_record_needs_one_of
        renames_one_and_what_hangs_from_it_follows
        refuses_a_name_that_another_has
        tells_who_was_meant_where_nobody_is_called_so
        a_dry_run_tells_what_would_be_and_changes_nothing;
    removing:
        refuses_to_remove_what_others_need_and_counts_them
        takes_along_what_is_part_of_it_and_lets_the_rest_go
        a_unit_in_use_is_never_removed
        removes_several_or_none;
    telling:
        lists_as_json
        lists_as_csv_and_tsv
        lists_as_markdown
        lists_as_a_table_that_lines_up
        shows_a_record_in_full
        shows_several_as_an_array_in_the_order_asked_for;
    choosing:
        filters_by_the_flag_of_each_field
        filters_by_each_operator
        sorts_by_the_meaning_of_each_field
        follows_each_reference_with_dots
        counts_what_leads_to_a_record
        refuses_a_column_that_there_is_not_and_lists_those_there_are;
    files:
        imports_csv_and_json_lines_alike
        exports_every_value_with_whole_paths
        what_was_exported_changes_nothing_when_it_comes_back
        the_whole_inventory_comes_back_the_same
        updates_only_the_columns_given_and_clears_by_an_empty_cell
        prunes_what_the_file_no_longer_has
        prunes_nothing_that_others_need
        a_dry_run_of_a_whole_inventory_changes_nothing
        tells_each_fault_with_its_line_and_imports_nothing;
    offering:
        every_verb_is_offered_and_explained
        list_and_the_nouns_have_their_other_names
        every_command_has_a_manual_page
        names_are_completed_from_the_inventory
        a_clone_has_all_that_would_go_along_if_the_first_were_removed;
    remembering:
        what_a_source_knows_of_a_record_goes_and_comes_with_it
        what_was_added_is_told_undone_redone_and_seen_as_of_then
        a_removal_with_all_that_goes_along_is_undone_whole;
    secrecy:
        keeps_a_password_as_an_argon2id_hash_of_the_contract
        tells_a_password_nowhere
        takes_another_password_and_a_good_one_only
        has_no_verb_that_writes_it_to_a_file;
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
