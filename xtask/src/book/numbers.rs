//! Checks that the numbers in the text are those the programs print.

use super::{
    directives::{Directive, Placed},
    markdown,
    outputs::Outputs,
    page::{Page, Problem},
};

/// Every number that differs from its program's output.
pub(super) fn check(page: &Page, directives: &[Placed], outputs: &Outputs) -> Vec<Problem> {
    let comments = directives.iter().map(|placed| placed.begin..placed.end);
    let text = markdown::blanked(&page.text, comments);
    let check = |placed: &Placed| {
        let Directive::Number { program, label } = &placed.directive else {
            return None;
        };
        let printed = match outputs.after(program, label) {
            Ok(printed) => printed,
            Err(message) => return Some(page.at(placed.begin, message)),
        };
        let paragraph = text[..placed.begin].rfind("\n\n").map_or(0, |at| at + 2);
        let Some(number) = numbers(&text[paragraph..placed.begin]).pop() else {
            return Some(page.at(placed.begin, "there is no number before the comment"));
        };
        (!numbers(&printed).contains(&number)).then(|| {
            let message = format!("stands {number}, but `{program}` prints `{label} {printed}`");
            page.at(placed.begin, message)
        })
    };
    directives.iter().filter_map(check).collect()
}

/// The numbers in a text as written, except for the minus sign and thousands separators.
fn numbers(text: &str) -> Vec<String> {
    let characters: Vec<char> = text.chars().collect();
    let (mut found, mut i) = (Vec::new(), 0);
    while i < characters.len() {
        let before = i.checked_sub(1).map(|at| characters[at]);
        let in_word = before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == '.');
        match number(&characters[i..]) {
            Some((number, length)) if !in_word => {
                found.push(number);
                i += length;
            }
            _ => i += 1,
        }
    }
    found
}

/// The number at the beginning of the characters, and its length.
fn number(characters: &[char]) -> Option<(String, usize)> {
    let at = |i: usize| characters.get(i).copied().unwrap_or(' ');
    let digit = |i: usize| at(i).is_ascii_digit();
    let minus = |i: usize| matches!(at(i), '-' | '−');
    let (mut number, mut i) = (String::new(), 0);
    if minus(0) {
        number.push('-');
        i = 1;
    }
    let digits = |number: &mut String, i: &mut usize| {
        let begin = *i;
        while digit(*i) {
            number.push(at(*i));
            *i += 1;
        }
        *i - begin
    };
    let leading = digits(&mut number, &mut i);
    if leading == 0 {
        return None;
    }
    // 93 322 with a space that does not break the line, or 93,322
    let group = |i: usize| {
        let mark = matches!(at(i), '\u{a0}' | '\u{2009}' | '\u{202f}' | ',');
        mark && digit(i + 1) && digit(i + 2) && digit(i + 3) && !digit(i + 4)
    };
    while leading <= 3 && group(i) {
        i += 1;
        digits(&mut number, &mut i);
    }
    if at(i) == '.' && digit(i + 1) {
        number.push('.');
        i += 1;
        digits(&mut number, &mut i);
    }
    let sign = usize::from(minus(i + 1) || at(i + 1) == '+');
    if matches!(at(i), 'e' | 'E') && digit(i + 1 + sign) {
        number.push('e');
        number.push_str(if minus(i + 1) { "-" } else { "" });
        i += 1 + sign;
        digits(&mut number, &mut i);
    }
    Some((number, i))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::book::{directives, page::page};

    #[test]
    fn numbers_are_found_in_prose_and_formulas() {
        for (text, expected) in [
            ("is 0.693 nats", &["0.693"][..]),
            ("$x_1 = -0.5$, $\\frac{1}{3}$.", &["-0.5", "1", "3"]),
            ("of 93\u{202f}322 or 93,322 weights", &["93322", "93322"]),
            ("97.3 % (94.1–99.2)", &["97.3", "94.1", "99.2"]),
            ("1.5e-12, 2E+3, −4, w2, 3rd", &["1.5e-12", "2e3", "-4", "3"]),
            ("[0, 10], 5.", &["0", "10", "5"]),
            ("1,2,3 and 1.2.3", &["1", "2", "3", "1.2"]),
        ] {
            assert_eq!(numbers(text), expected, "{text}");
        }
    }

    fn problems(text: &str) -> Vec<String> {
        let page = page("a.md", text);
        let (found, problems) = directives::find(&page);
        assert_eq!(problems, []);
        let mut outputs = Outputs::default();
        outputs.insert(
            "entropy",
            "fair coin   0.693 nats, 1 bit\nloaded coin  0.325 nats\n",
        );
        let found = check(&page, &found, &outputs);
        found.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn right_numbers_pass() {
        assert_eq!(
            problems(
                "With 2 sides, the entropy is 0.693\nnats<!-- entropy: fair coin -->, or `1` bit<!-- entropy: fair \
                 coin -->;\nloaded, $H = 0.325$<!-- entropy: loaded coin -->.\n"
            ),
            [""; 0]
        );
    }

    #[test]
    fn a_wrong_number_is_named_with_what_is_printed() {
        assert_eq!(
            problems("A page.\n\nThe entropy is 0.69 nats<!-- entropy: fair coin -->.\n"),
            ["docs/src/a.md:3: stands 0.69, but `entropy` prints `fair coin 0.693 nats, 1 bit`"]
        );
        // the number belongs to another line of the output
        assert_eq!(problems("0.325<!-- entropy: fair coin -->").len(), 1);
    }

    #[test]
    fn a_comment_without_number_or_line_is_a_problem() {
        assert_eq!(
            problems("It is 0.693.\n\nThe entropy<!-- entropy: fair coin -->"),
            ["docs/src/a.md:3: there is no number before the comment"]
        );
        assert_eq!(
            problems("0.693<!-- entropy: coin -->"),
            ["docs/src/a.md:1: `entropy` prints no line that starts with `coin`"]
        );
    }
}
