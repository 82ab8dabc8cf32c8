//! `inv undo` walks back through history, and `inv redo` forward.

use crate::support::{Answer, Sandbox};

fn refused(answer: &Answer, sentence: &str) {
    assert_eq!((answer.status, answer.stdout.as_str()), (3, ""), "{answer}");
    assert_eq!(answer.stderr.lines().next(), Some(format!("error: {sentence}").as_str()), "{answer}");
}

#[test]
fn undo_walks_back_and_redo_forward() {
    let sandbox = Sandbox::empty();
    let mut held = vec![sandbox.exported()];
    for name in ["a", "b", "c"] {
        sandbox.ok(&["user", "add", name]);
        held.push(sandbox.exported());
    }
    let told = |verb: &str, stderr: &str| {
        let answer = sandbox.run(&[verb]);
        assert_eq!((answer.status, answer.stdout.as_str(), answer.stderr.as_str()), (0, "", stderr));
    };
    refused(&sandbox.run(&["redo"]), "nothing to redo: the last change is not an undo");
    told("undo", "undid change 3 (inv user add c) by change 4\nnext to undo: change 2 (inv user add b)\n");
    assert_eq!(sandbox.exported(), held[2]);
    told("undo", "undid change 2 (inv user add b) by change 5\nnext to undo: change 1 (inv user add a)\n");
    assert_eq!(sandbox.exported(), held[1]);
    told("redo", "redid change 2 (inv user add b) by change 6\nnext to redo: change 3 (inv user add c)\n");
    assert_eq!(sandbox.exported(), held[2]);
    told("undo", "undid change 2 (inv user add b) by change 7\nnext to undo: change 1 (inv user add a)\n");
    told("undo", "undid change 1 (inv user add a) by change 8\n");
    assert_eq!(sandbox.exported(), held[0]);
    refused(&sandbox.run(&["undo"]), "nothing to undo: every change is undone");
    for (verb, now) in [("redo", 1), ("redo", 2), ("redo", 3), ("undo", 2), ("redo", 3), ("undo", 2), ("undo", 1)] {
        sandbox.ok(&[verb]);
        assert_eq!(sandbox.exported(), held[now], "{verb}");
    }
    // A change in between leaves nothing to redo.
    sandbox.ok(&["user", "add", "d"]);
    refused(&sandbox.run(&["redo"]), "nothing to redo: the last change is not an undo");
    sandbox.ok(&["undo"]);
    assert_eq!(sandbox.exported(), held[1]);
    sandbox.ok(&["undo"]);
    assert_eq!(sandbox.exported(), held[0]);
    sandbox.ok(&["log", "verify"]);
}
