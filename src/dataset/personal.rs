//! Which column names say that the column is personal.

/// Words of which one must be in a personal name …
const CORE: &[&str] = &[
    "name",
    "surname",
    "lastname",
    "firstname",
    "forename",
    "fullname",
    "middlename",
    "nickname",
    "email",
    "mail",
    "phone",
    "telephone",
    "phonenumber",
    "mobile",
    "cellphone",
    "fax",
    "address",
    "street",
    "ssn",
    "passport",
    "iban",
    "idcard",
    "wechat",
    "ip",
];
/// … and words that may stand beside it. Any other word (`product_name`, `phone_service`,
/// `mobile_logins`, `address_changes`) makes it an ordinary column.
const BESIDE: &[&str] = &[
    "customer",
    "client",
    "cust",
    "user",
    "person",
    "personal",
    "holder",
    "owner",
    "contact",
    "full",
    "first",
    "last",
    "family",
    "given",
    "middle",
    "maiden",
    "sur",
    "legal",
    "birth",
    "e",
    "home",
    "work",
    "office",
    "mobile",
    "cell",
    "postal",
    "mailing",
    "billing",
    "residential",
    "permanent",
    "line",
    "no",
    "nr",
    "num",
    "number",
    "the",
    "of",
    "id",
];
/// Pairs that are personal together.
const PAIRS: &[(&str, &str)] = &[
    ("id", "card"),
    ("identity", "card"),
    ("national", "id"),
    ("social", "security"),
    ("card", "number"),
    ("card", "no"),
    ("account", "number"),
    ("tax", "id"),
    ("passport", "number"),
];
const CHINESE: &[&str] = &[
    "姓名",
    "名字",
    "手机号",
    "电话号",
    "联系电话",
    "身份证",
    "证件号",
    "护照",
    "邮箱",
    "电子邮件",
    "住址",
    "银行卡号",
    "微信号",
];
const CHINESE_WHOLE: &[&str] = &[
    "手机",
    "电话",
    "地址",
    "家庭地址",
    "联系地址",
    "通讯地址",
    "工作地址",
    "卡号",
    "账号",
    "微信",
    "邮件",
];
/// Where one of these is in a Chinese name, the column tells of something about the personal datum.
const CHINESE_ABOUT: &[&str] = &[
    "是否", "有无", "次数", "天数", "数量", "类型", "类别", "时长", "金额", "变更", "有效", "登录",
    "归属", "长度",
];

/// Whether a column of this name holds a name, an address or another personal datum.
pub(super) fn is_personal(name: &str) -> bool {
    let name = name.trim();
    let about = CHINESE_ABOUT.iter().any(|part| name.contains(part));
    if !about && (CHINESE_WHOLE.contains(&name) || CHINESE.iter().any(|part| name.contains(part))) {
        return true;
    }
    let words = words(name);
    let is_in = |list: &[&str], word: &str| list.contains(&word);
    let ordinary = words.iter().any(|word| !is_in(CORE, word) && !is_in(BESIDE, word));
    let pair = words
        .windows(2)
        .any(|two| PAIRS.iter().any(|(a, b)| two[0] == *a && two[1] == *b) && words.len() <= 3);
    pair || (!ordinary && words.iter().any(|word| is_in(CORE, word)))
}

/// The words of a name in small letters: `CustomerSurname2` is `customer`, `surname`.
pub(super) fn words(name: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut before = ' ';
    for letter in name.chars() {
        let starts = letter.is_uppercase() && before.is_lowercase();
        if starts || !letter.is_alphabetic() {
            words.push(std::mem::take(&mut word));
        }
        if letter.is_alphabetic() {
            word.extend(letter.to_lowercase());
        }
        before = letter;
    }
    words.push(word);
    words.retain(|word| !word.is_empty());
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn personal_columns_are_known_by_name() {
        for name in [
            "Surname",
            "surname",
            "NAME",
            "customer_name",
            "CustomerName",
            "first_name",
            "Last Name",
            "fullName",
            "phone",
            "PhoneNumber",
            "mobile_no",
            "Mobile",
            "email",
            "E-mail",
            "email_address",
            "Address1",
            "home_address",
            "id_card",
            "IDCard",
            "id_card_no",
            "national_id",
            "SSN",
            "passport_no",
            "IBAN",
            "card_number",
            "姓名",
            "客户姓名",
            "手机",
            "手机号码",
            "电话",
            "联系电话",
            "身份证",
            "身份证号",
            "地址",
            "家庭住址",
            "邮箱",
        ] {
            assert!(is_personal(name), "{name}");
        }
    }

    #[test]
    fn columns_about_other_things_are_not() {
        for name in [
            "customer_nw_category",
            "ProductName",
            "card_name",
            "card_type",
            "PhoneService",
            "MultipleLines",
            "contact",
            "mobile_banking_active",
            "mobile_logins",
            "address_changes",
            "email_opens",
            "HasCrCard",
            "Geography",
            "city",
            "branch_code",
            "name_length",
            "手机银行登录次数",
            "是否绑定手机号",
            "通话时长",
            "地址变更次数",
            "客户等级",
            "电话银行",
            "id",
            "customer_id",
            "CustomerId",
            "number",
            "",
            "months_at_address",
            "account_type",
            "StreamingTV",
            "tenure",
            "username_changes",
            "first_month",
        ] {
            assert!(!is_personal(name), "{name}");
        }
    }

    #[test]
    fn words_are_parted_at_capitals_digits_and_signs() {
        assert_eq!(words("CustomerSurname2"), ["customer", "surname"]);
        assert_eq!(words("e-mail_ADDRESS"), ["e", "mail", "address"]);
        assert_eq!(words("IDCard"), ["idcard"]);
        assert_eq!(words("__1"), [""; 0]);
    }
}
