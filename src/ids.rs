//! Typed numbers for the things of a policy, so that a stage's number can't index rules.
//!
//! All are 32 bits wide: a policy text is far smaller than four thousand million items.

use serde::{Deserialize, Serialize};

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub struct $name(pub u32);

        impl $name {
            /// The place of this thing in its list.
            #[must_use]
            pub fn index(self) -> usize {
                self.0 as usize
            }

            /// The id of the thing at a place in its list.
            #[must_use]
            pub fn at(index: usize) -> Self {
                Self(u32::try_from(index).unwrap_or(u32::MAX))
            }
        }
    )*};
}

ids! {
    /// A record type of a policy.
    RecordId;
    /// A field, counted within its record type.
    FieldId;
    /// A list of choices (`one of a, b`).
    ChoiceId;
    /// A role.
    RoleId;
    /// A parameter.
    ParameterId;
    /// A definition.
    DefinitionId;
    /// A scale.
    ScaleId;
    /// A message.
    MessageId;
    /// A workflow.
    WorkflowId;
    /// A stage, counted within its workflow.
    StageId;
    /// A reminder or rung, counted within its stage.
    StepId;
}
