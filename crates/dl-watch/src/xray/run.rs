//! Both passes through a sequence of layers, one by one.

use dl_nn::layers::{Inside, Merge};
use dl_nn::single_layer::{backward, forward, run_modes};
use dl_nn::{Activation, Cache, Mode, NamedLayer, Scalar};
use ndarray::{ArrayD, Axis, Slice, concatenate};

use super::{LayerXRay, ParameterXRay};

/// A forward pass through the layers of a model, or of a branch inside a layer.
pub(super) struct Run<'a, F> {
    layers: &'a [NamedLayer<F>],
    modes: Vec<Mode>,
    outputs: Vec<ArrayD<F>>,
    caches: Vec<Cache<F>>,
}

impl<'a, F: Scalar> Run<'a, F> {
    pub(super) fn forward(layers: &'a [NamedLayer<F>], input: &ArrayD<F>, mode: Mode) -> Self {
        let modes = run_modes(layers, mode);
        let mut outputs: Vec<ArrayD<F>> = Vec::with_capacity(layers.len());
        let mut caches = vec![Cache::default(); layers.len()];
        for (i, named) in layers.iter().enumerate() {
            let x = outputs.last().unwrap_or(input);
            let y = forward(&*named.layer, x, &mut caches[i], modes[i]);
            outputs.push(y.expect("the shape that the model was built for"));
        }
        Self {
            layers,
            modes,
            outputs,
            caches,
        }
    }

    /// The last layer's output; the input if there is none.
    pub(super) fn output<'r>(&'r self, input: &'r ArrayD<F>) -> &'r ArrayD<F> {
        self.outputs.last().unwrap_or(input)
    }

    /// The records of all layers, under names that begin with that of the branch, and ∂L/∂input.
    pub(super) fn backward(
        mut self,
        branch: &str,
        input: &ArrayD<F>,
        mut delta: ArrayD<F>,
    ) -> (Vec<LayerXRay<F>>, ArrayD<F>) {
        let mut records = Vec::with_capacity(self.layers.len());
        for (i, named) in self.layers.iter().enumerate().rev() {
            let y = self.outputs.pop().expect("one per layer");
            let x = self.outputs.last().unwrap_or(input);
            let (dx, grads) = backward(&*named.layer, x, &y, &delta, &mut self.caches[i]);
            let parameters = named.layer.params().into_iter().zip(grads);
            let parameters = parameters.map(|(param, gradient)| ParameterXRay {
                name: param.name.into_owned(),
                decay: param.decay,
                value: param.value.to_owned(),
                gradient,
            });
            let inside = named.inside();
            let inside = inside.map(|inside| look_inside(inside, x, [&y, &delta], self.modes[i]));
            records.push(LayerXRay {
                name: match branch {
                    "" => named.name.clone(),
                    _ => format!("{branch}.{}", named.name),
                },
                kind: named.kind().to_owned(),
                activation: named.layer.output_activation(),
                parameters: parameters.collect(),
                inside: inside.unwrap_or_default(),
                output: y,
                output_gradient: std::mem::replace(&mut delta, dx),
            });
        }
        records.reverse();
        (records, delta)
    }
}

/// The same passes through the branches of a layer, given its output and ∂L/∂output.
fn look_inside<F: Scalar>(
    inside: Inside<'_, F>,
    x: &ArrayD<F>,
    [y, dy]: [&ArrayD<F>; 2],
    mode: Mode,
) -> Vec<LayerXRay<F>> {
    let branches = inside.branches.iter().enumerate();
    let runs = branches.map(|(i, (name, layers))| (*name, Run::forward(layers, x, mode.part(i))));
    let runs: Vec<_> = runs.collect();
    let outputs: Vec<_> = runs.iter().map(|(_, run)| run.output(x).clone()).collect();
    let last = Axis(y.ndim() - 1);
    let widths: Vec<usize> = outputs.iter().map(|output| output.len_of(last)).collect();

    // ∂L/∂(what is merged)
    let mut delta = dy.clone();
    if inside.activation != Activation::Identity {
        let z = merged(inside.merge, &outputs, last);
        let slices = [z.as_slice(), y.as_slice()].map(|slice| slice.expect("in standard layout"));
        let gradient = delta.as_slice_mut().expect("in standard layout");
        let width = y.len_of(last);
        inside
            .activation
            .backward(slices[0], slices[1], gradient, width);
    }
    let (mut records, mut first) = (Vec::new(), 0);
    for ((name, run), width) in runs.into_iter().zip(widths) {
        let delta = match inside.merge {
            Merge::Add => delta.clone(),
            Merge::Concat => {
                let columns = Slice::from(first..first + width);
                delta
                    .slice_axis(last, columns)
                    .as_standard_layout()
                    .into_owned()
            }
        };
        first += width;
        records.extend(run.backward(name, x, delta).0);
    }
    records
}

fn merged<F: Scalar>(merge: Merge, outputs: &[ArrayD<F>], last: Axis) -> ArrayD<F> {
    match merge {
        Merge::Add => {
            let rest = outputs[1..].iter();
            rest.fold(outputs[0].clone(), |sum, output| sum + output)
        }
        Merge::Concat => {
            let views: Vec<_> = outputs.iter().map(|output| output.view()).collect();
            let all = concatenate(last, &views).expect("shapes that were merged");
            all.as_standard_layout().into_owned()
        }
    }
}
