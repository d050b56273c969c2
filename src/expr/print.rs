//! Canonical SQL: quoted names, parentheses only where the tree needs them.

use super::{
    Kind,
    names::quoted,
    node::{Arithmetic, Case, Id, Literal, Logic, Node, Sense, Test, Tree},
};

/// How tightly an operation binds; a looser operand needs parentheses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Bind {
    Or,
    And,
    Not,
    Is,
    Predicate,
    Add,
    Multiply,
    Sign,
    Atom,
}

struct Piece(String, Bind);

impl Piece {
    /// The text, in parentheses where it binds looser than `least`.
    fn within(self, least: Bind) -> String {
        if self.1 < least { format!("({})", self.0) } else { self.0 }
    }
}

/// The canonical SQL of a whole tree.
pub(super) fn sql(tree: &Tree) -> String {
    tree.terms.len().checked_sub(1).map(|root| term(tree, root)).unwrap_or_default()
}

/// The canonical SQL of one term.
///
/// # Cost
/// Linear in the length of the tree up to the term, for chains such as `a + b + c + …` too.
pub(super) fn term(tree: &Tree, id: Id) -> String {
    let mut pieces: Vec<Option<Piece>> = Vec::with_capacity(id + 1);
    for term in tree.terms.iter().take(id + 1) {
        let mut take = |operand: Id, least: Bind| {
            let piece = pieces.get_mut(operand).and_then(Option::take);
            piece.map(|piece| piece.within(least)).unwrap_or_default()
        };
        let piece = piece(tree, &term.node, &mut take);
        pieces.push(Some(piece));
    }
    pieces.pop().flatten().map(|piece| piece.0).unwrap_or_default()
}

fn piece(tree: &Tree, node: &Node, take: &mut impl FnMut(Id, Bind) -> String) -> Piece {
    match node {
        Node::Column(column) => {
            let name = tree.columns.get(*column).map(|(name, _)| quoted(name));
            Piece(name.unwrap_or_default(), Bind::Atom)
        }
        Node::Literal(value) => literal(value),
        Node::Not(a) => Piece(format!("NOT {}", take(*a, Bind::Atom)), Bind::Not),
        Node::Negate(a) => Piece(format!("-{}", take(*a, Bind::Atom)), Bind::Sign),
        Node::Logic(logic, a, b) => {
            let (word, bind, right) = match logic {
                Logic::And => ("AND", Bind::And, Bind::Not),
                Logic::Or => ("OR", Bind::Or, Bind::And),
            };
            chain(take(*a, bind), word, &take(*b, right), bind)
        }
        Node::Arithmetic(operation, a, b) => {
            let (sign, bind, right) = match operation {
                Arithmetic::Add => ("+", Bind::Add, Bind::Multiply),
                Arithmetic::Subtract => ("-", Bind::Add, Bind::Multiply),
                Arithmetic::Multiply => ("*", Bind::Multiply, Bind::Atom),
                Arithmetic::Divide => ("/", Bind::Multiply, Bind::Atom),
                Arithmetic::Remainder => ("%", Bind::Multiply, Bind::Atom),
                Arithmetic::Join => ("||", Bind::Multiply, Bind::Atom),
            };
            chain(take(*a, bind), sign, &take(*b, right), bind)
        }
        Node::Compare(comparison, a, b) => {
            let left = take(*a, Bind::Add);
            chain(left, comparison.sign(), &take(*b, Bind::Add), Bind::Predicate)
        }
        Node::Is(sense, test, a) => {
            let word = match test {
                Test::Null => "NULL",
                Test::True => "TRUE",
                Test::False => "FALSE",
            };
            Piece(format!("{} IS {}{word}", take(*a, Bind::Add), not(*sense)), Bind::Is)
        }
        _ => composite(node, take),
    }
}

fn composite(node: &Node, take: &mut impl FnMut(Id, Bind) -> String) -> Piece {
    match node {
        Node::In(sense, value, list) => {
            let value = take(*value, Bind::Add);
            let list = listed(list, take);
            Piece(format!("{value} {}IN ({list})", not(*sense)), Bind::Predicate)
        }
        Node::Between(sense, [value, low, high]) => {
            let value = take(*value, Bind::Add);
            let (low, high) = (take(*low, Bind::Add), take(*high, Bind::Add));
            Piece(format!("{value} {}BETWEEN {low} AND {high}", not(*sense)), Bind::Predicate)
        }
        Node::Like(sense, case, [value, pattern], escape) => {
            let word = match case {
                Case::Sensitive => "LIKE",
                Case::Insensitive => "ILIKE",
            };
            let escape = match escape {
                Some('\\') => String::new(),
                Some(escape) => format!(" ESCAPE {}", text_literal(&escape.to_string())),
                None => String::from(" ESCAPE ''"),
            };
            let (value, pattern) = (take(*value, Bind::Add), take(*pattern, Bind::Add));
            Piece(format!("{value} {}{word} {pattern}{escape}", not(*sense)), Bind::Predicate)
        }
        Node::Case(operand, branches, otherwise) => {
            let mut words = vec![String::from("CASE")];
            words.extend(operand.map(|operand| take(operand, Bind::Or)));
            for (when, then) in branches {
                words.extend([String::from("WHEN"), take(*when, Bind::Or)]);
                words.extend([String::from("THEN"), take(*then, Bind::Or)]);
            }
            if let Some(otherwise) = otherwise {
                words.extend([String::from("ELSE"), take(*otherwise, Bind::Or)]);
            }
            words.push(String::from("END"));
            Piece(words.join(" "), Bind::Atom)
        }
        Node::Call(function, arguments) => {
            Piece(format!("{}({})", function.sql(), listed(arguments, take)), Bind::Atom)
        }
        Node::Cast(a, kind) => {
            let name = match kind {
                Kind::Number => "DOUBLE PRECISION",
                Kind::Text => "TEXT",
                Kind::Date => "DATE",
                Kind::Boolean => "BOOLEAN",
            };
            Piece(format!("CAST({} AS {name})", take(*a, Bind::Or)), Bind::Atom)
        }
        _ => Piece(String::new(), Bind::Atom),
    }
}

/// Appends to the left operand, so that a long chain is written in linear time.
fn chain(mut left: String, sign: &str, right: &str, bind: Bind) -> Piece {
    left.push(' ');
    left.push_str(sign);
    left.push(' ');
    left.push_str(right);
    Piece(left, bind)
}

fn listed(list: &[Id], take: &mut impl FnMut(Id, Bind) -> String) -> String {
    list.iter().map(|id| take(*id, Bind::Or)).collect::<Vec<_>>().join(", ")
}

fn not(sense: Sense) -> &'static str {
    match sense {
        Sense::Plain => "",
        Sense::Negated => "NOT ",
    }
}

fn literal(value: &Literal) -> Piece {
    match value {
        Literal::Null => Piece("NULL".into(), Bind::Atom),
        Literal::Number(x) if x.is_sign_negative() => Piece(number(*x), Bind::Sign),
        Literal::Number(x) => Piece(number(*x), Bind::Atom),
        Literal::Text(text) => Piece(text_literal(text), Bind::Atom),
        Literal::Date(day) => Piece(format!("DATE '{day}'"), Bind::Atom),
        Literal::Boolean(true) => Piece("TRUE".into(), Bind::Atom),
        Literal::Boolean(false) => Piece("FALSE".into(), Bind::Atom),
    }
}

/// The shortest text that reads back to the same number, without a needless `.0`.
pub(super) fn number(x: f64) -> String {
    let text = format!("{x:?}");
    text.strip_suffix(".0").map(str::to_owned).unwrap_or(text)
}

pub(super) fn text_literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}
