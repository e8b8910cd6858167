use crate::Collector;
use crate::table::GROUPS;

/// The collectors at hand: those that are built in, and an operator's own.
#[derive(Clone, Debug)]
pub struct Collectors {
    rows: Vec<Collector>,
}

impl Collectors {
    /// Those that are built in.
    pub fn builtin() -> Self {
        Collectors { rows: GROUPS.iter().copied().flatten().copied().collect() }
    }

    /// All of them, in the order of the table; an operator's own come last.
    pub fn iter(&self) -> impl Iterator<Item = &Collector> {
        self.rows.iter()
    }

    /// The one with this id.
    pub fn get(&self, id: &str) -> Option<&Collector> {
        self.rows.iter().find(|collector| collector.id == id)
    }
}
