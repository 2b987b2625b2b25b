//! MNIST and related data sets in the same file format.

/// A data set in MNIST's format: 28 × 28 grey images in four IDX files.
///
/// The files are named `[prefix]train-images-idx3-ubyte`, `[prefix]train-labels-idx1-ubyte` and the same with
/// `t10k` or, in EMNIST, `test` for `train`; the dash before `idx` may be a dot, and `.gz` may be appended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum MnistFamily {
    /// Handwritten digits (LeCun, Cortes, Burges).
    #[default]
    Digits,
    /// Clothing (Xiao, Rasul, Vollgraf 2017, arXiv:1708.07747).
    Fashion,
    /// Handwritten hiragana, named in Latin letters (Clanuwat et al. 2018, arXiv:1812.01718).
    Kuzushiji,
    /// EMNIST (Cohen, Afshar, Tapson, van Schaik 2017, arXiv:1702.05373), by class: digits,
    /// capital and lower-case letters, 62 classes. Prefix `emnist-byclass-`.
    EmnistByClass,
    /// EMNIST, by merge: as by class, with 15 lower-case letters merged with their capitals, 47
    /// classes. Prefix `emnist-bymerge-`.
    EmnistByMerge,
    /// EMNIST, balanced: as by merge, with equally many images of each class. Prefix
    /// `emnist-balanced-`.
    EmnistBalanced,
    /// EMNIST, letters, capital and lower-case merged: 26 classes, numbered from 1 in the files and
    /// from 0 here. Prefix `emnist-letters-`.
    EmnistLetters,
    /// EMNIST, digits. Prefix `emnist-digits-`.
    EmnistDigits,
    /// EMNIST, as many digits as MNIST has. Prefix `emnist-mnist-`.
    EmnistMnist,
}

const FASHION: &str = "T-shirt/top,Trouser,Pullover,Dress,Coat,Sandal,Shirt,Sneaker,Bag,Ankle boot";
const HIRAGANA: &str = "o,ki,su,tsu,na,ha,ma,ya,re,wo";
const BY_CLASS: &str = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/// The remaining lower-case letters are those that do not look like their capitals.
const MERGED: &str = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabdefghnqrt";
const LETTERS: &str = "abcdefghijklmnopqrstuvwxyz";
const DIGITS: &str = "0123456789";

impl MnistFamily {
    /// Name of each class.
    pub fn class_names(self) -> Vec<String> {
        let listed = |names: &str| names.split(',').map(String::from).collect();
        let characters = |names: &str| names.chars().map(String::from).collect();
        match self {
            Self::Fashion => listed(FASHION),
            Self::Kuzushiji => listed(HIRAGANA),
            Self::EmnistByClass => characters(BY_CLASS),
            Self::EmnistByMerge | Self::EmnistBalanced => characters(MERGED),
            Self::EmnistLetters => characters(LETTERS),
            Self::Digits | Self::EmnistDigits | Self::EmnistMnist => characters(DIGITS),
        }
    }

    /// The prefix of all four file names.
    pub(super) fn prefix(self) -> &'static str {
        match self {
            Self::Digits | Self::Fashion | Self::Kuzushiji => "",
            Self::EmnistByClass => "emnist-byclass-",
            Self::EmnistByMerge => "emnist-bymerge-",
            Self::EmnistBalanced => "emnist-balanced-",
            Self::EmnistLetters => "emnist-letters-",
            Self::EmnistDigits => "emnist-digits-",
            Self::EmnistMnist => "emnist-mnist-",
        }
    }

    /// What the file names call the test images.
    pub(super) fn test_name(self) -> &'static str {
        if self.is_emnist() { "test" } else { "t10k" }
    }

    /// Label of the first class in the files.
    pub(super) fn first_label(self) -> usize {
        usize::from(self == Self::EmnistLetters)
    }

    /// EMNIST's files store images column by column.
    pub(super) fn is_transposed(self) -> bool {
        self.is_emnist()
    }

    fn is_emnist(self) -> bool {
        !self.prefix().is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::MnistFamily::*;

    #[test]
    fn classes_are_as_many_as_published_and_differ() {
        for (family, classes) in [
            (Digits, 10),
            (Fashion, 10),
            (Kuzushiji, 10),
            (EmnistByClass, 62),
            (EmnistByMerge, 47),
            (EmnistBalanced, 47),
            (EmnistLetters, 26),
            (EmnistDigits, 10),
            (EmnistMnist, 10),
        ] {
            let mut names = family.class_names();
            assert_eq!(names.len(), classes, "{family:?}");
            names.sort();
            names.dedup();
            assert_eq!(names.len(), classes, "{family:?}");
        }
    }
}
