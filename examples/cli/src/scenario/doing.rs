//! What a story can say that somebody does, read from the command line's own definition.

use crate::args::Capability;
use crate::args::agreement::AgreementCommand;
use crate::reference::Reference;
use clap::{Command, Subcommand};
use std::any::TypeId;
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// What is done, as a story says it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Doing {
    /// A command of a capability, as it is.
    Command {
        /// Whether it is about something that its first word names; otherwise it may make
        /// something, to be called as the story says.
        about: bool,
    },
    /// A word for what is done with agreements, or of the stories' own: the command line
    /// that it stands for.
    Word(Vec<String>),
}

/// What no command is called; a story says how it is meant, not how it is typed.
const OWN: [(&str, &[&str]); 5] = [
    ("offer", &["agreement", "propose", "--offer"]),
    ("stop_all", &["share", "stop-all"]),
    ("leave", &["leave", "--yes"]),
    ("hold", &["sync", "--hold"]),
    ("release", &["sync", "--release"]),
];

static ALL: LazyLock<BTreeMap<String, Doing>> = LazyLock::new(|| {
    let mut all = BTreeMap::new();
    for group in Capability::augment_subcommands(Command::new("")).get_subcommands() {
        commands(group, group.get_name().to_owned(), &mut all);
    }
    let agreements = AgreementCommand::augment_subcommands(Command::new(""));
    let said = |command: &Command| {
        let name = command.get_name().to_owned();
        (name.clone(), Doing::Word(vec!["agreement".to_owned(), name]))
    };
    all.extend(agreements.get_subcommands().map(said));
    let own = OWN.map(|(word, line)| (word, line.iter().map(|part| (*part).to_owned())));
    all.extend(own.map(|(word, line)| (word.to_owned(), Doing::Word(line.collect()))));
    all
});

fn commands(command: &Command, said: String, all: &mut BTreeMap<String, Doing>) {
    for below in command.get_subcommands() {
        commands(below, format!("{said} {}", below.get_name()), all);
    }
    if !command.has_subcommands() {
        let reference = TypeId::of::<Reference>();
        let about = command
            .get_positionals()
            .next()
            .is_some_and(|first| first.get_value_parser().type_id() == reference);
        all.insert(said, Doing::Command { about });
    }
}

impl Doing {
    /// What is meant by these words of a story.
    ///
    /// # Errors
    /// What can be said instead.
    pub fn parse(said: &str) -> Result<&'static Self, String> {
        ALL.get(said).ok_or_else(|| {
            let all: Vec<&str> = ALL.keys().map(String::as_str).collect();
            format!("{said:?} is nothing that can be done; there are: {}", all.join(", "))
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use super::*;
    use std::ffi::OsString;
    use std::net::SocketAddr;
    use std::path::PathBuf;

    #[test]
    fn every_word_of_the_stories_own_is_a_command_line() {
        for (word, line) in OWN {
            let line = ["amends"].iter().chain(line).map(OsString::from);
            crate::parse(line).unwrap_or_else(|error| panic!("{word}: {error}"));
        }
    }

    #[test]
    fn a_word_is_never_two_things() {
        let agreements = AgreementCommand::augment_subcommands(Command::new(""));
        for (word, _) in OWN {
            assert!(agreements.find_subcommand(word).is_none(), "{word}");
        }
    }

    #[test]
    fn what_is_made_and_what_something_is_about_are_told_apart() {
        let about = |said: &str| *Doing::parse(said).unwrap() == Doing::Command { about: true };
        for making in
            ["promise make", "openness post", "telling tell", "checkin intend", "limits set"]
        {
            assert!(!about(making), "{making}");
        }
        for said in ["promise report", "practice pause", "journal change", "talk move"] {
            assert!(about(said), "{said}");
        }
        let word = |said: &str| matches!(Doing::parse(said), Ok(Doing::Word(_)));
        assert!(word("end") && word("stop_all") && !word("promise report"));
        for said in ["", "promise", "sync", "erase", "pair show", "agreement end", "promise  show"]
        {
            assert!(Doing::parse(said).is_err(), "{said:?}");
        }
    }

    /// Whoever plays a story got it from somebody.
    #[test]
    fn no_command_of_a_story_names_a_file_or_a_place_on_the_network() {
        fn walk(command: &Command) {
            for arg in command.get_arguments() {
                let parser = arg.get_value_parser();
                let outside = parser.type_id() == TypeId::of::<PathBuf>()
                    || parser.type_id() == TypeId::of::<SocketAddr>();
                let named = arg.get_value_names().unwrap_or_default();
                assert!(!outside && !named.iter().any(|name| name == "ADDR"), "{arg}");
            }
            command.get_subcommands().for_each(walk);
        }
        walk(&Capability::augment_subcommands(Command::new("")));
        walk(&AgreementCommand::augment_subcommands(Command::new("")));
    }
}
