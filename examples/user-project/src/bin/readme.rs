use dl_data::{StandardScaler, generator, iris};
use dl_nn::metrics::ConfusionMatrix;
use dl_nn::prelude::*;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (train, test) = iris::<f32>().split(0.2, &mut generator(42))?;
    let scaler = StandardScaler::fit(train.features())?;
    let x = scaler.transform(train.features())?;
    let x_test = scaler.transform(test.features())?;

    let model = Sequential::input([4])
        .push(Dense::new(10).activation(Relu))
        .push(Dense::new(10).activation(Relu))
        .push(Dense::new(3))
        .build(42)?;
    println!("{}", model.summary());

    let mut trainer = Trainer::new(model, SoftmaxCrossEntropy::new(), Adam::new(0.01))?;
    trainer.fit(&x, train.labels(), Fit::epochs(100).batch_size(32))?;
    let predicted = trainer.predict_classes(&x_test)?;
    let confusion = ConfusionMatrix::new(test.labels(), &predicted, 3)?;
    println!("{}", confusion.report(test.class_names())?);
    Ok(())
}
