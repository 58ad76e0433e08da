//! Owns: whom to trust, as a C2SP tlog-policy (<https://c2sp.org/tlog-policy>): logs, witnesses, quorum.
//! Must not: fetch anything; addresses in a policy are skipped.
//! Next: `note.rs` (signatures), `checkpoint.rs`, docs/formats/log.md §8.

use crate::{
    checkpoint::Checkpoint,
    error::Error,
    note::{Opened, Verifier, open_note},
};
use std::collections::BTreeMap;

/// A policy that was read: a checkpoint is valid when one of the logs has signed it and the quorum
/// of witnesses has cosigned it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    logs: Vec<Verifier>,
    witnesses: Vec<Verifier>,
    /// Every quorum can be computed from the lines above it, so they are kept in their order.
    members: Vec<Member>,
    /// Index into `members`; `None` for `quorum none`.
    quorum: Option<usize>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Member {
    /// Index into `witnesses`.
    Witness(usize),
    /// At least `threshold` of these members.
    Group { threshold: usize, members: Vec<usize> },
}

/// Enough for any policy that people can read; C2SP asks for at least 32 of each.
const MAX_LINES: usize = 1000;

impl Policy {
    /// A policy that trusts one log and asks for no witness.
    pub fn of_log(log: Verifier) -> Self {
        Self { logs: vec![log], witnesses: Vec::new(), members: Vec::new(), quorum: None }
    }

    /// Reads the text of a policy.
    ///
    /// # Errors
    /// [`Error::BadPolicy`] with the line.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let mut policy = Self { logs: Vec::new(), witnesses: Vec::new(), members: Vec::new(), quorum: None };
        let mut names: BTreeMap<&str, usize> = BTreeMap::new();
        let mut member_of = Vec::new();
        let mut quorum_line = false;
        let mut last = 1;
        for (index, line) in text.split('\n').enumerate() {
            last = index + 1;
            let bad = |why| Error::BadPolicy { line: index + 1, why };
            if index > MAX_LINES {
                return Err(bad("more than 1000 lines"));
            }
            if line.bytes().any(|byte| byte == 0x7f || (byte < 0x20 && byte != b'\t')) {
                return Err(bad("a control character"));
            }
            let words: Vec<&str> = line.split([' ', '\t']).filter(|word| !word.is_empty()).collect();
            match words[..] {
                [] => {}
                [first, ..] if first.starts_with('#') => {}
                ["log", key] | ["log", key, _] => policy.logs.push(policy.key(key, false).map_err(bad)?),
                ["witness", name, key] | ["witness", name, key, _] => {
                    let key = policy.key(key, true).map_err(bad)?;
                    policy.witnesses.push(key);
                    policy.members.push(Member::Witness(policy.witnesses.len() - 1));
                    define(&mut names, &mut member_of, name).map_err(bad)?;
                }
                ["group", name, threshold, ref listed @ ..] if !listed.is_empty() => {
                    let group = group(threshold, listed, &names, &mut member_of).map_err(bad)?;
                    policy.members.push(group);
                    define(&mut names, &mut member_of, name).map_err(bad)?;
                }
                ["quorum", name] if !quorum_line => {
                    quorum_line = true;
                    policy.quorum = match (name, names.get(name)) {
                        ("none", _) => None,
                        (_, Some(member)) => Some(*member),
                        (_, None) => return Err(bad("the quorum names a witness or group of a line above")),
                    };
                }
                ["quorum", _] => return Err(bad("a second quorum line")),
                _ => return Err(bad("a line is `log KEY`, `witness NAME KEY`, `group NAME K NAME…` or `quorum NAME`")),
            }
        }
        if !quorum_line {
            return Err(Error::BadPolicy {
                line: last,
                why: "no quorum line; write `quorum none` to ask for no witness",
            });
        }
        if policy.logs.is_empty() {
            return Err(Error::BadPolicy { line: last, why: "no log line" });
        }
        Ok(policy)
    }

    /// The text of a policy that trusts one log, and asks `quorum` of these witnesses to have cosigned; 0
    /// asks for none, and lists them for those who want to.
    ///
    /// # Errors
    /// [`Error::BadPolicy`] where no such policy exists: more asked for than there are, a key twice, a
    /// key of the wrong kind, two witnesses of one name.
    pub fn write(log: &Verifier, witnesses: &[Verifier], quorum: usize) -> Result<String, Error> {
        let mut text = format!("log {log}\n");
        for witness in witnesses {
            text.push_str(&format!("witness {} {witness}\n", witness.name()));
        }
        if quorum == 0 {
            text.push_str("quorum none\n");
        } else {
            let names: Vec<&str> = witnesses.iter().map(Verifier::name).collect();
            text.push_str(&format!("group witnesses {quorum} {}\nquorum witnesses\n", names.join(" ")));
        }
        Self::parse(&text).map(|_| text)
    }

    fn key(&self, text: &str, witness: bool) -> Result<Verifier, &'static str> {
        let key = Verifier::parse(text).map_err(|_| "not a verifier key (name+id+base64)")?;
        if key.is_witness() != witness {
            return Err("a log has a key of type 0x01, a witness one of type 0x04");
        }
        let others = if witness { &self.witnesses } else { &self.logs };
        if others.iter().any(|other| other.key_bytes() == key.key_bytes()) {
            return Err("the same public key again");
        }
        Ok(key)
    }

    /// The keys of the logs.
    pub fn logs(&self) -> &[Verifier] {
        &self.logs
    }

    /// The keys of the witnesses.
    pub fn witnesses(&self) -> &[Verifier] {
        &self.witnesses
    }

    /// Checks a signed checkpoint: a log of this policy whose name is the origin has signed it, no
    /// signature by a known key is wrong, and the quorum of witnesses has cosigned.
    ///
    /// # Errors
    /// Those of [`open_note`] and [`Checkpoint::parse`]; [`Error::NotSigned`], [`Error::NoQuorum`].
    pub fn check(&self, note: &str) -> Result<(Checkpoint, Opened), Error> {
        let keys: Vec<Verifier> = self.logs.iter().chain(&self.witnesses).cloned().collect();
        let opened = open_note(note, &keys)?;
        let checkpoint = Checkpoint::parse(&opened.text)?;
        if !self.logs.iter().any(|log| log.name() == checkpoint.origin && opened.has(log)) {
            return Err(Error::NotSigned);
        }
        let mut met: Vec<bool> = Vec::with_capacity(self.members.len());
        for member in &self.members {
            met.push(match member {
                Member::Witness(witness) => self.witnesses.get(*witness).is_some_and(|key| opened.has(key)),
                Member::Group { threshold, members } => {
                    members.iter().filter(|member| met.get(**member) == Some(&true)).count() >= *threshold
                }
            });
        }
        if self.quorum.is_some_and(|quorum| met.get(quorum) != Some(&true)) {
            let signed_by = opened.signed_by.into_iter().map(|by| by.name).collect();
            return Err(Error::NoQuorum { signed_by });
        }
        Ok((checkpoint, opened))
    }
}

fn define<'a>(
    names: &mut BTreeMap<&'a str, usize>,
    member_of: &mut Vec<bool>,
    name: &'a str,
) -> Result<(), &'static str> {
    if name == "none" || names.insert(name, member_of.len()).is_some() {
        return Err("the name is already taken");
    }
    member_of.push(false);
    Ok(())
}

fn group(
    threshold: &str,
    listed: &[&str],
    names: &BTreeMap<&str, usize>,
    member_of: &mut [bool],
) -> Result<Member, &'static str> {
    let mut members = Vec::with_capacity(listed.len());
    for name in listed {
        let member = *names.get(name).ok_or("a group lists witnesses and groups of lines above")?;
        // A witness that counted twice could meet a quorum of two alone.
        if member_of.get(member) != Some(&false) {
            return Err("a name may be in one group only, once");
        }
        if let Some(taken) = member_of.get_mut(member) {
            *taken = true;
        }
        members.push(member);
    }
    let threshold = match threshold {
        "any" => 1,
        "all" => members.len(),
        number => number.parse().map_err(|_| "the threshold is `any`, `all` or a number")?,
    };
    if threshold == 0 || threshold > members.len() {
        return Err("the threshold is from 1 to the number of members");
    }
    Ok(Member::Group { threshold, members })
}

#[cfg(test)]
#[path = "policy_tests.rs"]
mod tests;
