//! Who is meant where somebody is named by a key.

use std::collections::BTreeSet;

use crate::workflow::{Case, Refusal, StageStatus};

/// Who it is that is named by a key alone: with whom an open stage of the case lies, else any other has lain, or the subject.
///
/// # Errors
/// When something lies with several of that key.
pub fn whoever(case: &Case, named: &(String, String)) -> Result<(String, String), Refusal> {
    let fits = |it: &(String, String)| it.1 == named.1 && (named.0.is_empty() || it.0 == named.0);
    let of = |open: bool| {
        let stages = case.stages.values().filter(move |it| (it.status == StageStatus::Running) == open);
        stages.flat_map(|it| &it.holders).filter_map(|it| it.who.clone())
    };
    let now: BTreeSet<(String, String)> = of(true).filter(fits).collect();
    if now.len() > 1 {
        let names: Vec<String> = now.iter().map(|it| format!("{}:{}", it.0, it.1)).collect();
        let possible = Some(format!("write which: {}", names.join(" or ")));
        return Err(Refusal { why: format!("`{}` is the key of several with whom something lies", named.1), possible });
    }
    let subject = (case.subject_type.clone(), case.subject.clone());
    Ok(now.into_iter().chain(of(false)).chain([subject]).find(fits).unwrap_or_else(|| named.clone()))
}
