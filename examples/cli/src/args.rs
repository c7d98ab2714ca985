//! What can be said on the command line.

pub mod agreement;
pub mod backup;
pub mod checkin;
pub mod journal;
pub mod limits;
pub mod openness;
pub mod practice;
pub mod progress;
pub mod promise;
pub mod remind;
pub mod share;
pub mod space;
pub mod talk;
pub mod telling;
mod values;
pub mod write;

use crate::reference::Reference;
use clap::{Args, Parser, Subcommand};
use std::net::SocketAddr;
use std::path::PathBuf;

/// Two phones, agreements and small promises, no server.
///
/// One home directory is one phone. To try it by hand, open two terminals, give
/// each its own --home, run `init` in both, `pair show` in one and `pair join`
/// in the other; then propose, consent and sync. Every day: promise, openness,
/// checkin and journal; next says what waits for you. `amends demo` plays a
/// whole story by itself.
///
/// Exit status: 0 done, 1 a rule says no, 2 not understood, 3 storage,
/// 4 link or pairing, 5 locked, 6 a newer version is needed.
#[derive(Debug, Parser)]
#[command(name = "amends", version, arg_required_else_help = true)]
pub struct Cli {
    /// The home directory: one phone. Default: the platform's data directory.
    #[arg(long, global = true, value_name = "DIR", env = "AMENDS_HOME")]
    pub home: Option<PathBuf>,
    /// Print one JSON object: {"ok": …} or {"error": {"kind", "code", "text"}}.
    /// Commands that watch print one such object a line.
    #[arg(long, global = true)]
    pub json: bool,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Make a new home: keys and two sealed databases.
    Init {
        /// The name that your partner will see.
        #[arg(long)]
        name: String,
        /// Protect the keys with a passphrase (from AMENDS_PASSPHRASE or asked
        /// for) instead of a file that only you can read.
        #[arg(long)]
        passphrase: bool,
    },
    /// Pair with the other phone, both people in one place.
    #[command(subcommand)]
    Pair(PairCommand),
    /// Who is paired with whom, and what you should know.
    Status,
    /// Agreements and one-sided offers.
    #[command(subcommand)]
    Agreement(agreement::AgreementCommand),
    /// What the two do from day to day.
    #[command(flatten)]
    Capability(Capability),
    /// Help while writing: hints, cards, a first sentence. Nothing of it is kept.
    #[command(subcommand)]
    Write(write::WriteCommand),
    /// Exchange with the other phone.
    Sync(SyncArgs),
    /// Exchange without a common network: a file with what the other phone lacks.
    #[command(subcommand)]
    Bundle(BundleCommand),
    /// Backups of this phone, and a phone made of one.
    #[command(subcommand)]
    Backup(backup::BackupCommand),
    /// The two transparency logs.
    #[command(subcommand)]
    Log(LogCommand),
    /// Check everything from scratch: logs, documents, views.
    Doctor {
        /// Make anew what follows from the logs.
        #[arg(long)]
        rebuild: bool,
    },
    /// What was set aside when this phone got back words that it had lost.
    ///
    /// Without a subcommand: what waits. It was written here after this phone's disk
    /// had been set back, and never reached the other phone. What only took something
    /// back was done again at once.
    Recover {
        /// What to do with one of them.
        #[command(subcommand)]
        command: Option<RecoverCommand>,
    },
    /// Leave the pair, for good. Nobody is asked.
    Leave {
        /// Say nothing: to the other phone it looks as if this one were offline.
        #[arg(long)]
        silent: bool,
        /// Do not ask whether this is meant.
        #[arg(long)]
        yes: bool,
    },
    /// Erase this phone's copy, for good: keys first, then files. The other
    /// phone's copy stays.
    Erase {
        /// Do not ask whether this is meant.
        #[arg(long)]
        yes: bool,
    },
    /// Play a twelve-week story of Ana and Ben on two real phones.
    Demo {
        /// Do not pause for reading.
        #[arg(long)]
        fast: bool,
    },
    /// Stories told in JSON.
    #[command(subcommand)]
    Scenario(ScenarioCommand),
    /// Print completions for a shell.
    #[command(hide = true)]
    Completions {
        /// Which shell.
        shell: clap_complete::Shell,
    },
    /// Print the manual page.
    #[command(hide = true)]
    Manual,
}

/// What the two do from day to day, a group of commands for each capability.
///
/// A new one is a file each in `args`, `commands` and `render`, and a line here; the compiler
/// then asks who does it. All that is here can be said in a story, as it is: what names a
/// thing is a [`Reference`], and nothing waits for the other phone, or reads or writes files
/// that the command line names.
#[derive(Debug, Subcommand)]
pub enum Capability {
    /// What you share, on one screen, and how to stop all of it.
    #[command(subcommand)]
    Share(share::ShareCommand),
    /// Promises: few, small, specific, and told by both.
    #[command(subcommand)]
    Promise(promise::PromiseCommand),
    /// Practices: promises that recur.
    #[command(subcommand)]
    Practice(practice::PracticeCommand),
    /// What you tell of yourself, by hand and for a while.
    #[command(subcommand)]
    Openness(openness::OpennessCommand),
    /// What you write for yourself. Nothing of it reaches your partner.
    #[command(subcommand)]
    Journal(journal::JournalCommand),
    /// The same questions to both, and daily intentions.
    #[command(subcommand)]
    Checkin(checkin::CheckinCommand),
    /// Talks that you both plan.
    #[command(subcommand)]
    Talk(talk::TalkCommand),
    /// Name what happened, own it, be heard: what one tells and the other may answer.
    #[command(subcommand)]
    Telling(telling::TellingCommand),
    /// How it goes: counts in words, week by week. No score, no streak.
    Progress(progress::ProgressArgs),
    /// What is next for you: three things at most.
    Next,
    /// Reminders, by your own wishes.
    #[command(subcommand)]
    Remind(remind::RemindCommand),
    /// How long words are kept, and what you take no part in.
    #[command(subcommand)]
    Limits(limits::LimitsCommand),
    /// Space, for a while.
    #[command(subcommand)]
    Space(space::SpaceCommand),
}

/// Pairing.
#[derive(Debug, Subcommand)]
pub enum PairCommand {
    /// Show a code and wait for the other phone, two minutes at most.
    Show {
        /// Where to listen; port 0 takes a free one.
        #[arg(long, value_name = "ADDR", default_value = "0.0.0.0:0")]
        listen: SocketAddr,
        /// Draw a QR code too.
        #[arg(long)]
        qr: bool,
    },
    /// Your partner has a new phone: show a code for it, both people in one place.
    ///
    /// On the new phone run `init`, or `backup restore` where there is a backup, then
    /// `pair join` with the code. It gets back what your partner had shared, as this
    /// phone kept it; what was private is only in their own backups. What is in force waits there until your partner resumes it.
    /// The phone before becomes a stranger to this one.
    Replace {
        /// Where to listen; port 0 takes a free one.
        #[arg(long, value_name = "ADDR", default_value = "0.0.0.0:0")]
        listen: SocketAddr,
        /// Draw a QR code too.
        #[arg(long)]
        qr: bool,
    },
    /// Go to the phone that shows a code.
    Join {
        /// The 16 characters that it shows, or the text of its QR code.
        code: String,
        /// Where it listens, host:port. A QR code says so itself.
        #[arg(long, value_name = "ADDR", value_parser = peer)]
        peer: Option<String>,
    },
}

/// What was set aside.
#[derive(Debug, Subcommand)]
pub enum RecoverCommand {
    /// Say it again, as of now.
    Again {
        /// Its number in the list.
        number: u64,
    },
    /// Let it go, for good.
    Drop {
        /// Its number in the list.
        number: u64,
    },
}

/// Exchange.
#[derive(Debug, Args)]
pub struct SyncArgs {
    /// End when both are in step (the default).
    #[arg(long, conflicts_with = "watch")]
    pub once: bool,
    /// Go on until interrupted, and print agreements as they change.
    #[arg(long)]
    pub watch: bool,
    /// Find the other phone on this network. That is the default as long as no
    /// address is given; with addresses both ways are tried.
    #[arg(long)]
    pub find: bool,
    /// Where to listen; port 0 takes a free one.
    #[arg(long, value_name = "ADDR")]
    pub listen: Option<SocketAddr>,
    /// Where the other phone listens, host:port. May be given several times.
    #[arg(long, value_name = "ADDR", value_parser = peer)]
    pub peer: Vec<String>,
    /// A folder that both phones reach, kept in step by something else: what the
    /// other phone lacks is put there, and what is there for this one is taken.
    #[arg(long, value_name = "DIR")]
    pub mailbox: Option<PathBuf>,
    /// How long to try, in seconds.
    #[arg(long, default_value_t = 60, conflicts_with = "watch")]
    pub timeout: u64,
    /// Hold all exchange from now on; your partner sees you as offline.
    #[arg(long, conflicts_with_all = ["once", "watch", "find", "listen", "peer", "release"])]
    pub hold: bool,
    /// Release it again.
    #[arg(long, conflicts_with_all = ["once", "watch", "find", "listen", "peer"])]
    pub release: bool,
}

/// Bundles.
#[derive(Debug, Subcommand)]
pub enum BundleCommand {
    /// Write what the other phone lacks into a file, encrypted to it. Hand it over by
    /// any means. Words that run out are not in it.
    Write {
        /// The file.
        file: PathBuf,
        /// All that you ever wrote, for a phone that may have lost something.
        #[arg(long)]
        all: bool,
    },
    /// Take in a bundle that the other phone wrote. Twice is harmless.
    Read {
        /// The file.
        file: PathBuf,
    },
}

/// Logs.
#[derive(Debug, Subcommand)]
pub enum LogCommand {
    /// List the entries of both logs.
    Show,
    /// Recompute both logs from their first entry on, and print their heads.
    Verify,
    /// Write a document that derives from them to a file, as Automerge saves it. The
    /// words stand apart from it and are not in the file.
    Export {
        /// The agreement, promise or other document.
        id: Reference,
        /// Where to; must not be there yet.
        file: PathBuf,
    },
}

/// Scenarios.
#[derive(Debug, Subcommand)]
pub enum ScenarioCommand {
    /// Play a story on two phones and check what each must see.
    Run {
        /// The story, a JSON file.
        file: PathBuf,
        /// Run every act as a process of its own instead of in this one.
        #[arg(long)]
        processes: bool,
        /// Ana's phone is a harness in another language, such as examples/kotlin/amends.
        #[arg(long, value_name = "PROGRAM")]
        ana: Option<PathBuf>,
        /// Ben's phone is a harness in another language, such as examples/swift/amends.
        #[arg(long, value_name = "PROGRAM")]
        ben: Option<PathBuf>,
    },
}

fn peer(text: &str) -> Result<String, String> {
    let port = text.rsplit_once(':').filter(|(host, _)| !host.is_empty());
    match port.map(|(_, port)| port.parse::<u16>()) {
        Some(Ok(1..)) => Ok(text.to_owned()),
        _ => Err("expected HOST:PORT, for example 192.168.1.7:7700".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }
}
