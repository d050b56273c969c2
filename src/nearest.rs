//! The name that a misspelt one was meant to be, for hints.

/// Names are compared on this many characters.
const COMPARED: usize = 64;

/// The name that takes the fewest changes to become `name`, if these are at most a third of its
/// characters (or one). Capitals, blanks, `_`, `-` and `.` make no difference; of equals the first
/// by its text.
///
/// # Source
/// Levenshtein (1966), with transpositions of neighbours counted as one change (Damerau 1964).
pub fn nearest<'a>(name: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let wanted = folded(name);
    let limit = (wanted.chars().count() / 3).max(1);
    names
        .into_iter()
        .map(|near| {
            let folded = folded(near);
            (strsim::osa_distance(&wanted, &folded), folded.chars().count(), near)
        })
        .filter(|&(changes, length, _)| changes <= limit && changes < length)
        .min()
        .map(|(_, _, near)| near)
}

fn folded(name: &str) -> String {
    let kept = name.chars().filter(|c| !matches!(c, ' ' | '_' | '-' | '.')).take(COMPARED);
    kept.flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_pen_is_seen_through() {
        let names = ["CustomerId", "Exited", "exit", "Balance", "客户等级", "余额"];
        for (slip, meant) in [
            ("customer_id", Some("CustomerId")),
            ("EXITED", Some("Exited")),
            ("Exietd", Some("Exited")),
            ("exi", Some("exit")),
            ("Balanse", Some("Balance")),
            ("客户登级", Some("客户等级")),
            ("余颔", Some("余额")),
            ("zzz", None),
            ("", None),
        ] {
            assert_eq!(nearest(slip, names), meant, "{slip}");
        }
        assert_eq!(nearest("x", []), None);
    }
}
