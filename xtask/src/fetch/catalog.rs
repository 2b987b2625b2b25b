//! What can be fetched, and from where.
//!
//! Sizes and SHA-256 digests are those of TensorFlow Datasets (`url_checksums/fashion_mnist.txt`,
//! `kmnist.txt`, `emnist.txt`); Fashion-MNIST's and KMNIST's are also in torchvision-ruby and other
//! loaders. The names, and the address at which EMNIST now is, are those of torchvision, which knows
//! the same archive by its MD5 at both addresses.

use super::digest::Sha256;

/// A file, known by its size and digest.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Artifact {
    pub(crate) name: &'static str,
    pub(crate) size: u64,
    pub(crate) sha256: Sha256,
}

/// Some files, and the folders of servers that have them all.
#[derive(Debug)]
pub(crate) struct Source {
    pub(crate) files: &'static [Artifact],
    /// Each ends in `/`.
    pub(crate) mirrors: &'static [&'static str],
}

const fn file(name: &'static str, size: u64, sha256: &str) -> Artifact {
    Artifact {
        name,
        size,
        sha256: Sha256::from_hex(sha256),
    }
}

/// Xiao, Rasul, Vollgraf 2017, arXiv:1708.07747; MIT licence.
pub(crate) const FASHION_MNIST: Source = Source {
    files: &[
        file(
            "train-images-idx3-ubyte.gz",
            26_421_880,
            "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
        ),
        file(
            "train-labels-idx1-ubyte.gz",
            29_515,
            "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
        ),
        file(
            "t10k-images-idx3-ubyte.gz",
            4_422_102,
            "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
        ),
        file(
            "t10k-labels-idx1-ubyte.gz",
            5_148,
            "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
        ),
    ],
    mirrors: &[
        "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
        "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
    ],
};

/// Clanuwat and others 2018, arXiv:1812.01718; CC BY-SA 4.0.
pub(crate) const KMNIST: Source = Source {
    files: &[
        file(
            "train-images-idx3-ubyte.gz",
            18_165_135,
            "51467d22d8cc72929e2a028a0428f2086b092bb31cfb79c69cc0a90ce135fde4",
        ),
        file(
            "train-labels-idx1-ubyte.gz",
            29_497,
            "e38f9ebcd0f3ebcdec7fc8eabdcdaef93bb0df8ea12bee65224341c8183d8e17",
        ),
        file(
            "t10k-images-idx3-ubyte.gz",
            3_041_136,
            "edd7a857845ad6bb1d0ba43fe7e794d164fe2dce499a1694695a792adfac43c5",
        ),
        file(
            "t10k-labels-idx1-ubyte.gz",
            5_120,
            "20bb9a0ef54c7db3efc55a92eef5582c109615df22683c380526788f98e42a1c",
        ),
    ],
    mirrors: &[
        "https://codh.rois.ac.jp/kmnist/dataset/kmnist/",
        "http://codh.rois.ac.jp/kmnist/dataset/kmnist/",
    ],
};

/// Cohen, Afshar, Tapson, van Schaik 2017, arXiv:1702.05373: one archive of all splits.
pub(crate) const EMNIST: Source = Source {
    files: &[file(
        "gzip.zip",
        561_753_746,
        "fb9bb67e33772a9cc0b895e4ecf36d2cf35be8b709693c3564cea2a019fcda8e",
    )],
    mirrors: &[
        "https://biometrics.nist.gov/cs_links/EMNIST/",
        // Where it was first; it has been seen to lead to a web page instead.
        "https://www.itl.nist.gov/iaui/vip/cs_links/EMNIST/",
    ],
};
