//! What may be said only once in a block: of two such lines neither wins in silence.

use std::mem::{Discriminant, discriminant};

use crate::codes_syntax as codes;
use crate::diagnostic::Diagnostic;
use crate::policy::names::Builder;
use crate::source::Span;

impl Builder<'_, '_> {
    /// Reports each line of a kind that stands in the block already, unless that kind may repeat.
    pub(super) fn said_once<'l, K: 'l>(
        &mut self,
        lines: impl Iterator<Item = (&'l K, Span)>,
        may_repeat: impl Fn(&K) -> bool,
    ) {
        let mut seen: Vec<(Discriminant<K>, Span)> = Vec::new();
        for (kind, span) in lines.filter(|it| !may_repeat(it.0)) {
            match seen.iter().find(|it| it.0 == discriminant(kind)) {
                Some((_, first)) => {
                    let twice =
                        Diagnostic::new(codes::SAID_TWICE, span, "this is said a second time in the same block");
                    self.report(twice.label(*first, "it is said here first").help("keep one of the two"));
                }
                None => seen.push((discriminant(kind), span)),
            }
        }
    }
}
