//! Messages that look like trouble and that healthy hosts show too: data, learnt from captures by `examples/evaluate`, `--learn`.

use std::sync::{Arc, LazyLock};

use rustc_hash::FxHashSet;

use crate::template::Template;

/// One template a line.
static LEARNT: LazyLock<Benign> = LazyLock::new(|| Benign::of(include_str!("benign.txt").lines()));

/// A set of templates.
#[derive(Debug, Clone)]
pub(crate) struct Benign(Arc<FxHashSet<Template>>);

impl Default for Benign {
    fn default() -> Self {
        LEARNT.clone()
    }
}

impl Benign {
    pub(crate) fn of<'a>(masks: impl Iterator<Item = &'a str>) -> Self {
        Self(Arc::new(masks.map(|mask| Template::of_mask(mask.as_bytes())).collect()))
    }

    pub(crate) fn has(&self, template: Template) -> bool {
        self.0.contains(&template)
    }
}
