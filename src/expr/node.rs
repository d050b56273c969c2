//! The bound tree of an expression, as a list in which operands stand before their operation.

use crate::units::Day;

use super::Kind;

/// The place of a term in its tree.
pub(super) type Id = usize;

/// A bound expression: every column is known and every type is right.
///
/// `terms` is in post-order, each term but the last is the operand of exactly one later term, and
/// the last is the whole expression. Walking it needs no recursion.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Tree {
    /// The columns that are used, each once, in order of first use.
    pub(super) columns: Vec<(String, Kind)>,
    /// The terms, operands first.
    pub(super) terms: Vec<Term>,
}

/// An operation with its type and the position of its first character that is known.
#[derive(Debug, Clone)]
pub(super) struct Term {
    pub(super) node: Node,
    /// The type; `None` for a bare NULL that has not met its type yet.
    pub(super) kind: Option<Kind>,
    /// Characters from 1.
    pub(super) at: usize,
}

impl PartialEq for Term {
    /// Where a term stands in the text is no part of its meaning.
    fn eq(&self, other: &Self) -> bool {
        self.node == other.node && self.kind == other.kind
    }
}

/// A constant.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Literal {
    Null,
    Number(f64),
    Text(String),
    Date(Day),
    Boolean(bool),
}

/// An operation over earlier terms.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Node {
    /// A column, by its place in [`Tree::columns`].
    Column(usize),
    Literal(Literal),
    Not(Id),
    Negate(Id),
    Logic(Logic, Id, Id),
    Arithmetic(Arithmetic, Id, Id),
    Compare(Comparison, Id, Id),
    In(Sense, Id, Vec<Id>),
    Between(Sense, [Id; 3]),
    /// Value and pattern; the escape character, if there is one.
    Like(Sense, Case, [Id; 2], Option<char>),
    Is(Sense, Test, Id),
    /// Operand of the short form; conditions with results; ELSE.
    Case(Option<Id>, Vec<(Id, Id)>, Option<Id>),
    Call(Function, Vec<Id>),
    Cast(Id, Kind),
}

/// Whether a predicate has a NOT in it (`NOT IN`, `IS NOT NULL`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sense {
    Plain,
    Negated,
}

impl Sense {
    pub(super) fn of(negated: bool) -> Self {
        if negated { Self::Negated } else { Self::Plain }
    }
}

/// Whether LIKE tells capital from small letters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Case {
    Sensitive,
    Insensitive,
}

/// AND, OR.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Logic {
    And,
    Or,
}

/// The operations on numbers, on dates (`-`, `+` with days) and on text (`||`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Arithmetic {
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
    Join,
}

/// A comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Comparison {
    Equal,
    Unequal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Comparison {
    /// Whether two values in this order satisfy it.
    pub(super) fn holds(self, order: std::cmp::Ordering) -> bool {
        match self {
            Self::Equal => order.is_eq(),
            Self::Unequal => order.is_ne(),
            Self::Less => order.is_lt(),
            Self::LessOrEqual => order.is_le(),
            Self::Greater => order.is_gt(),
            Self::GreaterOrEqual => order.is_ge(),
        }
    }

    /// Its sign in SQL.
    pub(super) fn sign(self) -> &'static str {
        match self {
            Self::Equal => "=",
            Self::Unequal => "<>",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
        }
    }
}

/// What IS asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Test {
    Null,
    True,
    False,
}

macro_rules! functions {
    ($($name:ident $sql:literal $(| $alias:literal)* ($least:literal, $most:expr),)*) => {
        /// A function.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(super) enum Function { $($name,)* }

        impl Function {
            /// The function of this name in capitals.
            pub(super) fn named(name: &str) -> Option<Self> {
                match name { $($sql $(| $alias)* => Some(Self::$name),)* _ => None }
            }

            /// Its name in SQL.
            pub(super) fn sql(self) -> &'static str {
                match self { $(Self::$name => $sql,)* }
            }

            /// The least and the most arguments it takes.
            pub(super) fn arity(self) -> (usize, usize) {
                match self { $(Self::$name => ($least, $most),)* }
            }
        }
    };
}

functions! {
    Coalesce "COALESCE" | "IFNULL" | "NVL" (1, usize::MAX),
    Nullif "NULLIF" (2, 2),
    Least "LEAST" (1, usize::MAX),
    Greatest "GREATEST" (1, usize::MAX),
    Abs "ABS" (1, 1),
    Ln "LN" (1, 1),
    Exp "EXP" (1, 1),
    Sqrt "SQRT" (1, 1),
    Power "POWER" | "POW" (2, 2),
    Round "ROUND" (1, 2),
    Floor "FLOOR" (1, 1),
    Ceil "CEIL" | "CEILING" (1, 1),
    Lower "LOWER" (1, 1),
    Upper "UPPER" (1, 1),
    Trim "TRIM" (1, 1),
    Length "LENGTH" | "CHAR_LENGTH" (1, 1),
}

impl Tree {
    /// The terms that a node takes, in order.
    pub(super) fn operands(node: &Node) -> Vec<Id> {
        match node {
            Node::Column(_) | Node::Literal(_) => Vec::new(),
            Node::Not(a) | Node::Negate(a) | Node::Is(_, _, a) | Node::Cast(a, _) => vec![*a],
            Node::Logic(_, a, b) | Node::Arithmetic(_, a, b) | Node::Compare(_, a, b) => {
                vec![*a, *b]
            }
            Node::Like(_, _, pair, _) => pair.to_vec(),
            Node::Between(_, three) => three.to_vec(),
            Node::In(_, value, list) => std::iter::once(*value).chain(list.clone()).collect(),
            Node::Call(_, list) => list.clone(),
            Node::Case(operand, branches, otherwise) => operand
                .iter()
                .copied()
                .chain(branches.iter().flat_map(|(when, then)| [*when, *then]))
                .chain(*otherwise)
                .collect(),
        }
    }
}
