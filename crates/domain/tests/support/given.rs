//! Given these events, when somebody asks for this (or a log says that), then these events or that no.

use super::sample::CODE;
use super::story::{Story, text};
use domain::{Actor, Code, Command, Event, Rejection, Timestamp, World};

/// What happened before.
pub(crate) struct Given {
    world: World,
    at: Timestamp,
}

/// What came of it.
pub(crate) struct When {
    outcome: Result<Vec<Event>, Rejection>,
}

/// The world after all events of the story.
pub(crate) fn given(story: &Story) -> Given {
    let mut world = World::default();
    for (position, line) in (0..).zip(&story.lines) {
        world.evolve(&line.id, &line.event).unwrap();
        world.texts.extend(text(line).map(|text| (position, text)));
    }
    Given { world, at: story.now() }
}

impl Given {
    /// Somebody asks for this.
    pub(crate) fn when(mut self, command: Command, actor: &Actor) -> When {
        When { outcome: self.world.execute(CODE, command, actor, self.at).map(events) }
    }

    /// A log that somebody hands us says this.
    pub(crate) fn when_log_says(self, id: &str, event: Event, actor: &Actor) -> When {
        When { outcome: self.world.check(id, &event, actor, self.at).map(|()| vec![event]) }
    }
}

fn events(written: Vec<(domain::StreamKind, String, Event)>) -> Vec<Event> {
    written.into_iter().map(|(_, _, event)| event).collect()
}

impl When {
    /// These events are written.
    #[track_caller]
    pub(crate) fn then(self, expected: &[Event]) {
        assert_eq!(self.outcome.as_deref(), Ok(expected));
    }

    /// Events of these types are written.
    #[track_caller]
    pub(crate) fn then_types(self, expected: &[&str]) {
        let types: Vec<String> = self.outcome.unwrap().iter().map(|event| event.encode().unwrap().0).collect();
        assert_eq!(types, expected);
    }

    /// It is refused with this code, about this field.
    #[track_caller]
    pub(crate) fn then_rejected(self, code: Code, field: impl Into<Option<&'static str>>) {
        let rejection = self.outcome.expect_err("it should be refused");
        assert_eq!((rejection.code, rejection.field.as_deref()), (code, field.into()), "{rejection}");
        // A `?` would be a limit that the message speaks of and the rule forgot to tell.
        assert!(!rejection.to_string().contains('?'), "{rejection}");
    }
}
