//! Tables with a heading: where a word belongs to, when cells may be empty or hold spaces.

use super::rows::Line;

/// The heading of a table, and what of a row is under it.
pub(super) struct Heading {
    columns: Vec<Column>,
}

struct Column {
    name: String,
    /// In characters, for rows may begin with lines of a tree.
    begin: usize,
    end: usize,
}

/// The cells of one row.
pub(super) struct Cells {
    cells: Vec<(String, String)>,
}

impl Heading {
    /// Names are separated by `gap` spaces or more, so that with 2 a name may hold a space.
    pub(super) fn new(line: &str, gap: usize) -> Self {
        let columns = spans(line, gap).into_iter().map(|(begin, end, name)| Column { name, begin, end }).collect();
        Heading { columns }
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.columns.iter().any(|column| column.name == name)
    }

    /// Left-aligned cells that may hold spaces: each goes on to where the next column begins, and the last to the end.
    pub(super) fn cells_between(&self, line: Line<'_>) -> Cells {
        let chars: Vec<char> = line.text.chars().collect();
        let cell = |(i, column): (usize, &Column)| {
            let end = self.columns.get(i + 1).map_or(chars.len(), |next| next.begin.min(chars.len()));
            let cell: String = chars.get(column.begin..end).unwrap_or_default().iter().collect();
            (column.name.clone(), cell.trim().to_owned())
        };
        Cells { cells: self.columns.iter().enumerate().map(cell).collect() }
    }

    /// Cells without spaces, aligned to the left or the right, some of them empty: a word belongs to the column that it shares an edge or most characters with.
    pub(super) fn cells_under(&self, line: Line<'_>) -> Cells {
        let mut cells: Vec<(String, String)> =
            self.columns.iter().map(|column| (column.name.clone(), String::new())).collect();
        for (begin, end, word) in spans(line.text, 1) {
            let fit = |column: &Column| {
                let shared = end.min(column.end).saturating_sub(begin.max(column.begin));
                let edge = begin == column.begin || end == column.end;
                let distance = if begin >= column.end { begin - column.end } else { column.begin.saturating_sub(end) };
                (edge, shared, usize::MAX - distance)
            };
            let best = (0..self.columns.len()).max_by_key(|&i| fit(&self.columns[i]));
            if let Some(cell) = best.map(|i| &mut cells[i].1) {
                if !cell.is_empty() {
                    cell.push(' ');
                }
                cell.push_str(&word);
            }
        }
        Cells { cells }
    }

    /// One word for each column from the left; what is left belongs to the last. `None` for a row with fewer words.
    pub(super) fn cells_by_word(&self, line: Line<'_>) -> Option<Cells> {
        let mut rest = line.text.trim_start();
        let mut cells = Vec::with_capacity(self.columns.len());
        for (i, column) in self.columns.iter().enumerate() {
            let is_last = i + 1 == self.columns.len();
            let end = if is_last { rest.len() } else { rest.find(char::is_whitespace).unwrap_or(rest.len()) };
            if end == 0 {
                return None;
            }
            cells.push((column.name.clone(), rest[..end].trim_end().to_owned()));
            rest = rest[end..].trim_start();
        }
        Some(Cells { cells })
    }

    /// One word for each column from the right, for tables whose first words vary.
    pub(super) fn cells_from_right(&self, line: Line<'_>) -> Cells {
        let words = line.text.split_whitespace().rev();
        let cells = self.columns.iter().rev().zip(words);
        Cells { cells: cells.map(|(column, word)| (column.name.clone(), word.to_owned())).collect() }
    }
}

impl Cells {
    /// The cell of the first of these columns that is there; empty when none is.
    pub(super) fn get(&self, names: &[&str]) -> &str {
        let cell = |name: &&str| self.cells.iter().find(|(known, _)| known == name);
        names.iter().find_map(cell).map_or("", |(_, cell)| cell)
    }
}

/// Runs of words with fewer than `gap` spaces between them: where they begin and end, in characters.
fn spans(line: &str, gap: usize) -> Vec<(usize, usize, String)> {
    let mut spans: Vec<(usize, usize, String)> = Vec::new();
    let mut spaces = gap;
    for (i, c) in line.chars().enumerate() {
        if c.is_whitespace() {
            spaces += 1;
            continue;
        }
        match spans.last_mut().filter(|_| spaces < gap) {
            Some((_, end, words)) => {
                words.extend(std::iter::repeat_n(' ', spaces));
                words.push(c);
                *end = i + 1;
            }
            None => spans.push((i, i + 1, String::from(c))),
        }
        spaces = 0;
    }
    spans
}

/// `KEY="value"` pairs, as lsblk -P and findmnt -P print them.
pub(super) fn pairs(line: &str) -> Vec<(&str, &str)> {
    let mut pairs = Vec::new();
    let mut rest = line;
    while let Some((key, after)) = rest.split_once("=\"") {
        let Some((value, next)) = after.split_once('"') else { break };
        pairs.push((key.trim(), value));
        rest = next;
    }
    pairs
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(text: &str) -> Line<'_> {
        Line { number: 1, text }
    }

    #[test]
    fn empty_cells_are_found_by_their_place() {
        let heading = Heading::new("NAME   MAJ:MIN RM  SIZE RO TYPE MOUNTPOINT", 1);
        let cells = heading.cells_under(line("├─sda1   8:1    0    1G  0 part /boot"));
        assert_eq!((cells.get(&["NAME"]), cells.get(&["SIZE"]), cells.get(&["MOUNTPOINT"])), ("├─sda1", "1G", "/boot"));
        let cells = heading.cells_under(line("sdb      8:16   0   10G  0 disk"));
        assert_eq!((cells.get(&["TYPE"]), cells.get(&["MOUNTPOINT"])), ("disk", ""));
    }

    #[test]
    fn cells_with_spaces_go_on_to_the_next_column() {
        let heading = Heading::new("CONTAINER ID   STATUS                    NAMES", 2);
        let cells = heading.cells_between(line("1a2b3c4d5e6f   Exited (1) 2 hours ago    web"));
        assert_eq!((cells.get(&["STATUS"]), cells.get(&["NAMES"])), ("Exited (1) 2 hours ago", "web"));
        assert_eq!(heading.cells_between(line("1a2b")).get(&["STATUS"]), "");
    }

    #[test]
    fn pairs_end_where_they_are_cut() {
        assert_eq!(pairs("NAME=\"sda\" SIZE=\"10G\" MODEL=\"a b"), [("NAME", "sda"), ("SIZE", "10G")]);
    }
}
