//! What is wrong with a search, or with its file, is said in words.

use std::fs;

use dl_select::{Direction, Search, Space, SuccessiveHalving, Trial};

fn score(trial: &Trial) -> Result<f64, String> {
    Ok(trial.index as f64)
}

fn space() -> Space {
    Space::new().choice("width", [16, 32])
}

fn refused(search: &Search) -> String {
    search.run_in_memory(score).unwrap_err().to_string()
}

#[test]
fn spaces() {
    let random = |space| refused(&Search::random(space, 2, Direction::Maximize));
    let empty: [i64; 0] = [];
    assert_eq!(
        random(Space::new()),
        "the space has no settings, but at least 1 is needed"
    );
    assert_eq!(
        random(space().choice("depth", empty)),
        "setting `depth` is choice [], but must be at least 1 value"
    );
    for (low, high) in [
        (1.0, 1.0),
        (2.0, 1.0),
        (f64::NAN, 1.0),
        (0.0, f64::INFINITY),
    ] {
        assert_eq!(
            random(Space::new().uniform("p", low, high)),
            format!(
                "setting `p` is uniform [{low}, {high}], but must be two finite numbers, the lower one first"
            )
        );
    }
    assert_eq!(
        random(Space::new().log_uniform("rate", 0.0, 1.0)),
        "setting `rate` is log_uniform [0, 1], but must be two positive numbers, the lower one first"
    );
    assert_eq!(
        random(Space::new().integers("depth", 3, 2)),
        "setting `depth` is integers [3, 2], but must be the lower one first"
    );
    assert_eq!(
        refused(&Search::grid(
            space().uniform("p", 0.0, 1.0),
            Direction::Maximize
        )),
        "setting `p` is a range of real numbers; a grid needs `choice` or `integers`"
    );
    let huge = Space::new()
        .integers("a", i64::MIN, i64::MAX)
        .integers("b", 1, 2);
    assert_eq!(
        refused(&Search::grid(huge, Direction::Maximize)),
        "the grid has more points than can be counted"
    );
    let large = Space::new().integers("a", 1, 1 << 60);
    let error = refused(&Search::grid(large, Direction::Maximize));
    assert!(error.starts_with("not enough memory for"), "{error}");
    let twice = serde_json::from_str::<Space>(r#"{"a": {"choice": [1]}, "a": {"choice": [2]}}"#);
    let error = twice.unwrap_err().to_string();
    assert!(error.starts_with("`a` occurs twice"), "{error}");
    let unknown = serde_json::from_str::<Space>(r#"{"a": {"normal": [0, 1]}}"#);
    let error = unknown.unwrap_err().to_string();
    assert!(error.contains("unknown variant `normal`"), "{error}");
}

#[test]
fn settings() {
    let trials = refused(&Search::random(space(), 0, Direction::Maximize));
    assert_eq!(trials, "trials is 0, but must be at least 1");
    let halving = |halving| refused(&Search::halving(space(), halving, Direction::Maximize));
    let new = SuccessiveHalving::new;
    assert_eq!(
        halving(new(0, 9)),
        "min_budget is 0, but must be at least 1"
    );
    assert_eq!(
        halving(new(9, 8)),
        "max_budget is 8, but must be at least min_budget, 9"
    );
    assert_eq!(
        halving(new(1, 9).factor(1)),
        "factor is 1, but must be at least 2"
    );
    assert_eq!(
        halving(new(1, 9).candidates(0)),
        "candidates is 0, but must be at least 1"
    );
    assert_eq!(
        halving(new(1, 9).exhaust()),
        "candidates is not set, but must be set if `exhaust` is"
    );
    // the largest numbers there are
    let largest = new(1, u64::MAX).factor(u64::MAX).candidates(2);
    assert_eq!(largest.rungs().unwrap(), [(2, 1)]);
    let most = new(u64::MAX, u64::MAX).candidates(u64::MAX).factor(2);
    assert_eq!(most.aggressive_elimination().rungs().unwrap().len(), 64);
}

#[test]
fn files_of_other_searches() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("trials.jsonl");
    let search = Search::random(space(), 2, Direction::Maximize).seed(3);
    search.run(&path, score).unwrap();
    let before = fs::read(&path).unwrap();
    let refused = |search: &Search| search.run(&path, score).unwrap_err().to_string();
    let shown = path.display();
    assert_eq!(
        refused(&search.clone().seed(4)),
        format!(
            "{shown} holds the trials of another search, whose seed is 3, here 4; choose another path"
        )
    );
    let mut other = search.clone();
    other.direction = Direction::Minimize;
    assert_eq!(
        refused(&other),
        format!(
            "{shown} holds the trials of another search, whose direction is \"maximize\", here \"minimize\"; choose another path"
        )
    );
    let wider = space().choice("depth", [1]);
    assert!(
        refused(&Search::random(wider, 2, Direction::Maximize).seed(3))
            .contains("whose space is {\"width\":{\"choice\":[16,32]}}, here {\"depth\"")
    );
    assert!(
        refused(&Search::grid(space(), Direction::Maximize).seed(3))
            .contains("whose method is {\"random\":{\"trials\":0}}, here \"grid\"")
    );
    // as they were
    assert_eq!(fs::read(&path).unwrap(), before);

    let notes = folder.path().join("notes");
    fs::write(&notes, "milk\n").unwrap();
    let error = search.run(&notes, score).unwrap_err().to_string();
    assert_eq!(
        error,
        format!(
            "{} is not a file of trials: its first line is `milk`; choose another path",
            notes.display()
        )
    );
    let missing = folder.path().join("missing").join("trials");
    let error = search.run(&missing, score).unwrap_err().to_string();
    assert!(error.starts_with(&missing.display().to_string()), "{error}");
    assert!(search.read(folder.path().join("none")).is_err());
}

#[test]
fn lines_of_other_trials() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("trials.jsonl");
    let search = Search::random(space(), 3, Direction::Maximize).seed(3);
    search.run(&path, score).unwrap();
    let text = fs::read_to_string(&path).unwrap();
    let shown = path.display();

    let seed = search.read(&path).unwrap().trials[0].trial.seed;
    fs::write(&path, text.replace(&seed.to_string(), "7")).unwrap();
    let error = search.run(&path, score).unwrap_err().to_string();
    assert!(
        error.contains("trial 0 is not that of this search, whose candidate 0 has width=")
            && error.starts_with(&format!("{shown}, line ")),
        "{error}"
    );
    fs::write(&path, text.replacen("\"index\"", "\"number\"", 1)).unwrap();
    let error = search.run(&path, score).unwrap_err().to_string();
    assert!(
        error.starts_with(&format!(
            "{shown}, line 2: not a trial: missing field `index`"
        )),
        "{error}"
    );
}

#[test]
fn two_runs_at_a_time() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("trials.jsonl");
    let search = Search::grid(Space::new().integers("a", 1, 1), Direction::Maximize);
    let inner = search.run(&path, |_| {
        let second = search.run(&path, score).unwrap_err().to_string();
        Ok::<f64, String>(if second.ends_with("is writing it") {
            1.0
        } else {
            0.0
        })
    });
    assert_eq!(inner.unwrap().best().unwrap().score(), Some(1.0));
}

#[test]
fn single_trials() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("trials.jsonl");
    let halving = SuccessiveHalving::new(1, 9);
    let search = Search::halving(space(), halving, Direction::Maximize);
    let one = |index| search.run_one(&path, index, score).map(drop);
    assert_eq!(
        one(13).unwrap_err().to_string(),
        "there is no trial 13; the search has 13, counted from 0"
    );
    one(0).unwrap();
    assert_eq!(
        one(9).unwrap_err().to_string(),
        "trial 9 is in rung 1, whose candidates are not known before trial 1 is finished"
    );
}

#[test]
fn failed_trials_are_ranked_last() {
    let search = Search::grid(Space::new().integers("a", 0, 4), Direction::Minimize);
    let result = search.run_in_memory(|trial| match trial.params.count("a").unwrap() {
        0 => Err("no memory"),
        1 => Ok(f64::NAN),
        a => Ok(-(a as f64)),
    });
    let result = result.unwrap();
    let ranking: Vec<usize> = result
        .ranking()
        .iter()
        .map(|record| record.trial.index)
        .collect();
    assert_eq!(ranking, [4, 3, 2, 0, 1]);
    assert_eq!(result.failed(), 2);
    let failed = serde_json::to_string(&result.trials[1]).unwrap();
    assert!(
        failed.contains(
            r#""status":"failed","error":"the score is NaN, but must be a finite number""#
        ),
        "{failed}"
    );

    let none = search
        .run_in_memory(|_| Err::<f64, _>("no memory"))
        .unwrap();
    assert_eq!(
        none.best().unwrap_err().to_string(),
        "none of 5 trials has succeeded: trial 0: no memory"
    );
}

#[test]
fn params_of_another_type() {
    let params: dl_select::Params =
        serde_json::from_str(r#"{"rate": 0.1, "rule": "adam"}"#).unwrap();
    assert_eq!(params.text("rule"), Ok("adam"));
    assert_eq!(params.number("rate"), Ok(0.1));
    assert_eq!(
        params.number("rule").unwrap_err().to_string(),
        "setting `rule` is \"adam\", but a number is expected"
    );
    assert_eq!(
        params.count("rate").unwrap_err().to_string(),
        "setting `rate` is 0.1, but an integer from 0 is expected"
    );
    assert_eq!(
        params.text("rates").unwrap_err().to_string(),
        "there is no setting `rates` in: rate=0.1 rule=\"adam\""
    );
    let error = params.read::<Vec<f64>>().unwrap_err().to_string();
    assert!(
        error.starts_with("settings rate=0.1 rule=\"adam\": invalid type"),
        "{error}"
    );
}
