//! Random networks saved and loaded, in every layout and format.

mod cases;

use cases::varied;
use dl_conv::{Conv2d, ConvTranspose2d, MaxPool2d, Padding};
use dl_io::{Layout, WeightsFile};
use dl_nn::prelude::*;
use proptest::prelude::*;

/// A piece of a network, from images to images or from vectors to vectors.
#[derive(Debug, Clone)]
enum Piece {
    Conv {
        filters: usize,
        groups: usize,
        kernel: [usize; 2],
        bias: bool,
    },
    Transposed {
        filters: usize,
        groups: usize,
        stride: usize,
    },
    Pool,
    Norm,
    LayerNorm,
    Act,
    Drop,
}

fn piece() -> impl Strategy<Value = Piece> {
    prop_oneof![
        (
            1..4_usize,
            1..3_usize,
            [1..4_usize, 1..4_usize],
            any::<bool>()
        )
            .prop_map(|(filters, groups, kernel, bias)| Piece::Conv {
                filters: 2 * filters,
                groups,
                kernel,
                bias
            }),
        (1..4_usize, 1..3_usize, 1..3_usize).prop_map(|(filters, groups, stride)| {
            Piece::Transposed {
                filters: 2 * filters,
                groups,
                stride,
            }
        }),
        Just(Piece::Pool),
        Just(Piece::Norm),
        Just(Piece::LayerNorm),
        Just(Piece::Act),
        Just(Piece::Drop),
    ]
}

fn push<F: Scalar>(network: Sequential<F>, piece: &Piece, image: bool) -> Sequential<F> {
    match *piece {
        Piece::Conv {
            filters,
            groups,
            kernel,
            bias,
        } if image => {
            let conv = Conv2d::new(filters, kernel).groups(groups).bias(bias);
            network.push(conv.padding(Padding::Same))
        }
        Piece::Transposed {
            filters,
            groups,
            stride,
        } if image => network.push(
            ConvTranspose2d::new(filters, 2)
                .groups(groups)
                .stride(stride),
        ),
        Piece::Pool if image => network.push(MaxPool2d::new(1)),
        Piece::Conv { filters, bias, .. } => network.push(Dense::new(filters).bias(bias)),
        Piece::Norm => network.push(BatchNorm::new()),
        Piece::LayerNorm => network.push(LayerNorm::new()),
        Piece::Drop => network.push(Dropout::new(0.3)),
        Piece::Act | Piece::Pool | Piece::Transposed { .. } => network.push(Activate(Relu)),
    }
}

/// Images, then vectors, then images again.
fn network<F: Scalar>(pieces: &[Vec<Piece>; 4]) -> Sequential<F> {
    let mut network = Sequential::input([3, 2, 4]);
    for piece in &pieces[0] {
        network = push(network, piece, true);
    }
    network = network.push(Flatten);
    for piece in &pieces[1] {
        network = push(network, piece, false);
    }
    network = network.push(Dense::new(2 * 3 * 4));
    for piece in &pieces[2] {
        let keeps = !matches!(piece, Piece::Conv { .. });
        network = if keeps {
            push(network, piece, false)
        } else {
            network
        };
    }
    network = network.push(Reshape::new([2, 3, 4]));
    for piece in &pieces[3] {
        network = push(network, piece, true);
    }
    network
}

fn pieces() -> impl Strategy<Value = [Vec<Piece>; 4]> {
    std::array::from_fn(|_| proptest::collection::vec(piece(), 0..4))
}

fn round_trip<F: Scalar>(pieces: &[Vec<Piece>; 4], layout: Layout, extension: &str) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(format!("w.{extension}"));
    let file = WeightsFile::new(&path)
        .layout(layout)
        .rename("first", "dense_1");
    let mut saved: Model<F> = network(pieces).build(1).unwrap();
    varied(&mut saved, 5);
    file.save(&saved).unwrap();
    let mut loaded: Model<F> = network(pieces).build(2).unwrap();
    file.load(&mut loaded).unwrap();
    assert_eq!(loaded.weights(), saved.weights());
    let bytes = std::fs::read(&path).unwrap();
    file.save(&loaded).unwrap();
    assert_eq!(
        std::fs::read(&path).unwrap(),
        bytes,
        "the same weights, the same file"
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn weights_come_back_bit_for_bit(
        pieces in pieces(),
        layout in prop::sample::select(vec![Layout::Native, Layout::PyTorch, Layout::Keras]),
        extension in prop::sample::select(cases::EXTENSIONS),
    ) {
        round_trip::<f32>(&pieces, layout, extension);
        round_trip::<f64>(&pieces, layout, extension);
    }
}
