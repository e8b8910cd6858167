//! Secrets that are made when the test runs, from a seed, and never stored.

/// A generator of bytes with a fixed seed (xorshift, Marsaglia 2003).
pub(crate) struct Maker(u64);

const UPPER: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const LOWER: &str = "abcdefghijklmnopqrstuvwxyz";
const DIGITS: &str = "0123456789";

impl Maker {
    pub(crate) fn new(seed: u64) -> Self {
        Maker(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn of(&mut self, alphabet: &str, count: usize) -> String {
        let alphabet: Vec<char> = alphabet.chars().collect();
        (0..count).map(|_| alphabet[(self.next() >> 33) as usize % alphabet.len()]).collect()
    }

    /// One value for a class: `a` letters and digits, `h` hexadecimal, `u` capitals and digits, `b` base64, `w` base64url, `p` a password with symbols, `l` small letters,
    /// `d` digits; a number says how many.
    pub(crate) fn value(&mut self, class: &str) -> String {
        let (kind, count) = class.split_at(1);
        let count: usize = count.parse().expect("a count");
        let alphanumeric = format!("{UPPER}{LOWER}{DIGITS}");
        match kind {
            "a" => {
                let mut value = self.of(&alphanumeric, count - 3);
                value.push_str(&(self.of(UPPER, 1) + &self.of(LOWER, 1) + &self.of(DIGITS, 1)));
                value
            }
            "h" => self.of("0123456789abcdef", count - 1) + "7",
            "u" => self.of(&format!("{UPPER}234567"), count - 1) + "3",
            "b" => self.of(&format!("{alphanumeric}+/"), count - 2) + "x4",
            "w" => self.of(&format!("{alphanumeric}_-"), count - 2) + "k9",
            "p" => self.of(&alphanumeric, count - 4) + &self.of("!@%^*+~", 1) + &self.of(&alphanumeric, 2) + "Z",
            "l" => self.of(LOWER, count),
            "d" => self.of(DIGITS, count),
            _ => panic!("no class {class}"),
        }
    }

    /// The template with every `⟨class⟩` replaced, and the values that replaced them.
    pub(crate) fn fill(&mut self, template: &str) -> (String, Vec<String>) {
        let (mut text, mut values) = (String::new(), Vec::new());
        let mut rest = template;
        while let Some(open) = rest.find("⟨") {
            let close = rest.find("⟩").expect("a closing bracket");
            let value = self.value(&rest[open + "⟨".len()..close]);
            text.push_str(&rest[..open]);
            text.push_str(&value);
            values.push(value);
            rest = &rest[close + "⟩".len()..];
        }
        text.push_str(rest);
        (text, values)
    }
}
