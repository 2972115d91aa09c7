//! The words of a verb: `release missing_row only w001 w003 by bo because they left`.

/// What follows a verb.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Order {
    /// The verb.
    pub verb: String,
    /// Its words, in order, without the options.
    pub words: Vec<String>,
    /// After `by`: who does it.
    pub by: Option<String>,
    /// After `because`, to the end of the line.
    pub because: Option<String>,
}

impl Order {
    /// Reads a verb line.
    ///
    /// # Errors
    /// A text for people when an option has no value.
    pub fn parse(line: &str) -> Result<Self, String> {
        let (line, because) = match line.split_once(" because ") {
            Some((line, because)) => (line, Some(because.trim().to_owned())),
            None => (line, None),
        };
        let mut order = Self {
            because,
            ..Self::default()
        };
        let mut words = line.split_whitespace();
        order.verb = words.next().unwrap_or("").to_owned();
        while let Some(word) = words.next() {
            if word == "by" {
                let name = words.next().ok_or("`by` needs a name")?;
                order.by = Some(name.to_owned());
            } else {
                order.words.push(word.to_owned());
            }
        }
        Ok(order)
    }

    /// Takes a word out, wherever it stands; says whether it was there.
    pub fn flag(&mut self, word: &str) -> bool {
        let before = self.words.len();
        self.words.retain(|w| w != word);
        self.words.len() < before
    }

    /// Takes a word and the one after it out, and gives the latter.
    ///
    /// # Errors
    /// When nothing follows it.
    pub fn option(&mut self, word: &str) -> Result<Option<String>, String> {
        let Some(at) = self.words.iter().position(|w| w == word) else {
            return Ok(None);
        };
        self.words.remove(at);
        if at == self.words.len() {
            return Err(format!("`{word}` needs a value"));
        }
        Ok(Some(self.words.remove(at)))
    }

    /// The words that are left, which must be as many as these names.
    ///
    /// # Errors
    /// A text for people that says what the verb wants.
    pub fn exactly<const N: usize>(&self, names: [&str; N]) -> Result<[&str; N], String> {
        let words: Vec<&str> = self.words.iter().map(String::as_str).collect();
        <[&str; N]>::try_from(words).map_err(|words| {
            let wanted = names.join(" ");
            format!("write `{} {wanted}`, not `{}`", self.verb, words.join(" "))
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn words_options_and_reasons_are_told_apart() {
        let line = "release missing_row only w001 w003 by bo because they left by train";
        let order = Order::parse(line).unwrap();
        assert_eq!(order.words, ["missing_row", "only", "w001", "w003"]);
        assert_eq!(order.by.as_deref(), Some("bo"));
        assert_eq!(order.because.as_deref(), Some("they left by train"));
        let mut order = Order::parse("import hr.csv from hr cut").unwrap();
        assert!(order.flag("cut") && !order.flag("bom"));
        assert_eq!(order.option("from").unwrap().as_deref(), Some("hr"));
        assert_eq!(order.exactly(["FILE"]).unwrap(), ["hr.csv"]);
        assert!(order.exactly(["FILE", "MORE"]).is_err());
        assert!(Order::parse("plan by").is_err());
        assert!(
            Order::parse("import a from")
                .unwrap()
                .option("from")
                .is_err()
        );
    }
}
