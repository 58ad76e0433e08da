//! An expected no, as data: its code, the field, the limit, and a message in the client's language.
//!
//! The enum of codes is generated from the domain's list, so that it can't fall behind.

use async_graphql::indexmap::IndexMap;
use async_graphql::parser::types::Field;
use async_graphql::registry::{Deprecation, MetaEnumValue, MetaType, MetaTypeId, Registry};
use async_graphql::{ContextSelectionSet, Name, Object, OutputType, Positioned, ServerResult, Value};
use domain::Code;
use domain::rejection::Language;
use std::borrow::Cow;

/// The stable code of a rejection: the enum `RejectionCode`, one value for each [`Code`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RejectionCode(pub Code);

impl OutputType for RejectionCode {
    fn type_name() -> Cow<'static, str> {
        "RejectionCode".into()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        registry.create_output_type::<Self, _>(MetaTypeId::Enum, |_| {
            let value = |code: &Code| {
                let message = domain::Rejection::from(*code).with("…").message(Language::English);
                let value = MetaEnumValue {
                    name: code.as_str().to_owned(),
                    description: Some(message),
                    deprecation: Deprecation::NoDeprecated,
                    visible: None,
                    inaccessible: false,
                    tags: Vec::new(),
                    directive_invocations: Vec::new(),
                };
                (code.as_str().to_owned(), value)
            };
            MetaType::Enum {
                name: Self::type_name().into_owned(),
                description: Some(
                    "Why a command was refused. Codes stay the same for ever; new ones may come.".to_owned(),
                ),
                enum_values: Code::ALL.iter().map(value).collect::<IndexMap<_, _>>(),
                visible: None,
                inaccessible: false,
                tags: Vec::new(),
                rust_typename: Some(std::any::type_name::<Self>()),
                directive_invocations: Vec::new(),
                requires_scopes: Vec::new(),
            }
        })
    }

    async fn resolve(&self, _: &ContextSelectionSet<'_>, _: &Positioned<Field>) -> ServerResult<Value> {
        Ok(Value::Enum(Name::new(self.0.as_str())))
    }
}

/// An expected no: nothing was written.
pub struct Rejection {
    pub(crate) rejection: domain::Rejection,
    pub(crate) language: Language,
}

/// An expected no (`refus`): a rule of the campaign forbids the command, and nothing was written.
#[Object]
impl Rejection {
    /// The stable code, for programs.
    async fn code(&self) -> RejectionCode {
        RejectionCode(self.rejection.code)
    }

    /// The field of the input that it is about, if it is about one.
    async fn field(&self) -> Option<&str> {
        self.rejection.field.as_deref()
    }

    /// The limit that was missed, or the value in question.
    async fn limit(&self) -> Option<&str> {
        self.rejection.limit.as_deref()
    }

    /// What is wrong and what to do, in the language of `Accept-Language` (French, or English).
    async fn message(&self) -> String {
        self.rejection.message(self.language)
    }
}
