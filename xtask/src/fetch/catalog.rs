//! What can be fetched, and from where.
//!
//! Sizes and SHA-256 digests are those of TensorFlow Datasets (`url_checksums/fashion_mnist.txt`, `kmnist.txt`,
//! `emnist.txt`); names, and the address at which EMNIST is now, are those of torchvision.

/// A file: name, size in bytes and SHA-256.
#[derive(Debug, Clone, Copy)]
pub(super) struct Artifact(
    pub(super) &'static str,
    pub(super) u64,
    pub(super) &'static str,
);

/// A data set: its files, and the folders of servers that have them all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Name {
    /// Zalando's clothes: 10 classes, 60 000 + 10 000 images, 31 MB
    FashionMnist,
    /// Cursive Japanese characters: 10 classes, 60 000 + 10 000 images, 21 MB
    Kmnist,
    /// Handwritten digits and letters: one archive of six splits, 562 MB
    Emnist,
}

impl Name {
    #[rustfmt::skip]
    pub(super) fn files(self) -> &'static [Artifact] {
        match self {
            // Xiao, Rasul, Vollgraf 2017, arXiv:1708.07747; MIT licence
            Self::FashionMnist => &[
                Artifact("train-images-idx3-ubyte.gz", 26_421_880, "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84"),
                Artifact("train-labels-idx1-ubyte.gz", 29_515, "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845"),
                Artifact("t10k-images-idx3-ubyte.gz", 4_422_102, "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073"),
                Artifact("t10k-labels-idx1-ubyte.gz", 5_148, "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5"),
            ],
            // Clanuwat and others 2018, arXiv:1812.01718; CC BY-SA 4.0
            Self::Kmnist => &[
                Artifact("train-images-idx3-ubyte.gz", 18_165_135, "51467d22d8cc72929e2a028a0428f2086b092bb31cfb79c69cc0a90ce135fde4"),
                Artifact("train-labels-idx1-ubyte.gz", 29_497, "e38f9ebcd0f3ebcdec7fc8eabdcdaef93bb0df8ea12bee65224341c8183d8e17"),
                Artifact("t10k-images-idx3-ubyte.gz", 3_041_136, "edd7a857845ad6bb1d0ba43fe7e794d164fe2dce499a1694695a792adfac43c5"),
                Artifact("t10k-labels-idx1-ubyte.gz", 5_120, "20bb9a0ef54c7db3efc55a92eef5582c109615df22683c380526788f98e42a1c"),
            ],
            // Cohen, Afshar, Tapson, van Schaik 2017, arXiv:1702.05373: one archive of all splits
            Self::Emnist => &[
                Artifact("gzip.zip", 561_753_746, "fb9bb67e33772a9cc0b895e4ecf36d2cf35be8b709693c3564cea2a019fcda8e"),
            ],
        }
    }

    pub(super) fn mirrors(self) -> &'static [&'static str] {
        match self {
            Self::FashionMnist => &[
                "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com",
                "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion",
            ],
            Self::Kmnist => &[
                "https://codh.rois.ac.jp/kmnist/dataset/kmnist",
                "http://codh.rois.ac.jp/kmnist/dataset/kmnist",
            ],
            Self::Emnist => &[
                "https://biometrics.nist.gov/cs_links/EMNIST",
                // the first address, which at times leads to a web page instead
                "https://www.itl.nist.gov/iaui/vip/cs_links/EMNIST",
            ],
        }
    }
}
