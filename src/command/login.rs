//! `inv login`, `logout`, `whoami` and `passwd`: sessions and passwords of login users.

use super::Graft;
use crate::error::{Error, Result};
use crate::input::prompt::{self, Label};
use crate::input::secret::{self, HashMemory, Verdict};
use crate::interrupt;
use crate::output::row::{Column, ColumnKind, Row};
use crate::session::Session;
use crate::store::{Attempt, SignedIn};
use crate::value::role::Role;
use crate::value::{shown, time};
use crate::verb::arguments::{self, option, switch};
use clap::{Arg, ArgAction, ArgMatches, Command};

pub(super) const LOGIN: Graft = Graft {
    under: None,
    name: "login",
    about: "Sign in to an inventory with login users",
    hidden: false,
    arguments: login_arguments,
    run: login,
};

pub(super) const LOGOUT: Graft = Graft {
    under: None,
    name: "logout",
    about: "Sign out",
    hidden: false,
    arguments: |command| {
        let all = Arg::new("all").long("all").action(ArgAction::SetTrue).help("End all sessions of the login user");
        command.arg(all)
    },
    run: logout,
};

pub(super) const WHOAMI: Graft = Graft {
    under: None,
    name: "whoami",
    about: "Show the login user, role and end of the session",
    hidden: false,
    arguments: |command| command,
    run: whoami,
};

pub(super) const PASSWD: Graft = Graft {
    under: None,
    name: "passwd",
    about: "Change your own password",
    hidden: false,
    arguments: passwd_arguments,
    run: passwd,
};

fn password_stdin(help: &'static str) -> Arg {
    Arg::new("password-stdin").long("password-stdin").action(ArgAction::SetTrue).help(help)
}

fn login_arguments(command: Command) -> Command {
    command
        .arg(Arg::new("name").value_name("NAME").help("Name of the login user (default: prompt)"))
        .arg(password_stdin("Read the password from standard input, one line"))
        .long_about(
            "Sign in to an inventory with login users. The session lasts eight hours, on this machine, for this \
             operating system user and this inventory. After five wrong passwords in a row a name is blocked for 1, \
             2, 4, … 30 seconds.",
        )
}

fn passwd_arguments(command: Command) -> Command {
    let stdin = password_stdin("Read the current and the new password from standard input, one a line");
    arguments::writes(command.arg(stdin)).long_about(
        "Change your own password and end all of your sessions. To change the password of another login user, an \
         admin runs inv login-user set NAME --password.",
    )
}

fn login(session: &Session, matches: &ArgMatches) -> Result<()> {
    if !session.store().wants_login()? {
        return Err(Error::failed("no login users: everyone who can open the file has access")
            .help("run `inv login-user add NAME` to create the first login user, an admin"));
    }
    let name = match option(matches, "name") {
        Some(name) => name.to_owned(),
        None if session.interactive => prompt_name(session)?,
        None => return Err(Error::usage("missing arguments: NAME").help("run `inv login --help` for usage")),
    };
    let password = secret::current(arguments::password_source(session, matches))?;
    let (attempt, verdict) = try_password(session, &name, &password)?;
    let renewed = if verdict == Verdict::RightButWeak { Some(secret::hash(&password)?) } else { None };
    let signed_in = session.store().open_session(&attempt, renewed.as_deref())?;
    let SignedIn { username, role, expires, .. } = &signed_in;
    let name = shown::shown(username);
    session.say(&format!("signed in as {name} ({}) until {}", role.word(), time::local(expires)));
    Ok(())
}

fn prompt_name(session: &Session) -> Result<String> {
    interrupt::watch();
    let own = session.store().os_user().name;
    let hint = format!("Enter alone: {}", shown::shown(&own));
    prompt::text(Label { name: "name", hint: &hint }, "", |name| {
        Ok(if name.is_empty() { &own } else { name }.to_owned())
    })
}

/// Records an attempt and verifies its password.
fn try_password(session: &Session, name: &str, password: &str) -> Result<(Attempt, Verdict)> {
    let store = session.store();
    // Memory comes first: too little of it is no wrong password, and an attempt counts as one until it is verified.
    let mut memory = HashMemory::to_verify(store.password_hash(name)?.as_deref())?;
    let attempt = store.attempt(name)?;
    match secret::verify(password, attempt.hash(), &mut memory)? {
        Verdict::Wrong => Err(Attempt::wrong()),
        verdict => Ok((attempt, verdict)),
    }
}

fn logout(session: &Session, matches: &ArgMatches) -> Result<()> {
    let store = session.store();
    let ended = if switch(matches, "all") { store.end_all_sessions()? } else { store.end_session()? };
    session.say(&match ended {
        0 => "not signed in".to_owned(),
        1 => "signed out".to_owned(),
        _ => format!("signed out of {ended} sessions"),
    });
    Ok(())
}

/// Columns of `whoami`.
pub(super) fn columns() -> [Column; 4] {
    [
        Column::whole("username"),
        Column::whole("role"),
        Column::whole("os_user"),
        Column::new("expires", ColumnKind::Time),
    ]
}

fn whoami(session: &Session, _: &ArgMatches) -> Result<()> {
    let signed_in = session.store().signed_in(Role::Viewer)?;
    if signed_in.is_none() {
        session.say("no login users: everyone who can open the file has access");
    }
    let os_user = session.store().os_user().name;
    let mut row = Row::default();
    let (username, role, expires) = match &signed_in {
        Some(SignedIn { username, role, expires, .. }) => (Some(username.as_str()), Some(role.word()), Some(expires)),
        None => (None, None, None),
    };
    for text in [username, role, Some(os_user.as_str()), expires.map(String::as_str)] {
        match text {
            Some(text) => row.text(text),
            None => row.null(),
        }
    }
    session.answer_cards(false, |cards| {
        let written = cards.begin_record(&columns(), &row).and_then(|()| cards.end_record());
        written.map_err(Error::output)
    })
}

fn passwd(session: &Session, matches: &ArgMatches) -> Result<()> {
    let Some(signed_in) = session.store().signed_in(Role::Viewer)? else {
        return Err(Error::failed("no login users: there is no password to change"));
    };
    let piped = if switch(matches, "password-stdin") { Some(secret::current_and_new()?) } else { None };
    let (current, new) = match piped {
        Some((current, new)) => (current, Some(new)),
        None => (secret::current(arguments::password_source(session, matches))?, None),
    };
    let (attempt, _) = try_password(session, &signed_in.username, &current)?;
    session.store().forgive(&attempt)?;
    let new = match new {
        Some(new) => new,
        None => secret::new_password("new password")?,
    };
    session.change_own_password(&secret::checked_hash(&new)?)?;
    if !session.dry_run {
        session.say("changed the password and ended all sessions; sign in again with inv login");
    }
    Ok(())
}
