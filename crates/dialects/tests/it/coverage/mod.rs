//! TEN-02: every route of every dialect, played by every sort of caller, against a table that is written down.
//!
//! `matrix.txt` has a line for each route and in it the status that each caller is answered. A route without a
//! line fails, a line without a route fails, and a line may not say whatever came: what is written must obey the
//! permission table of the domain, whoever is not entitled learns and changes nothing, and no check leaves.
//! The routes are those of the tables, so a new one is walked as soon as it is declared; what a sample of it has
//! to look like is asked for by name where it cannot be told.

mod caller;
mod matrix;
mod relay;
mod sample;
mod timing;
mod world;

use strongroom_domain::access::Action;
use strongroom_web::{AuditClass, Authentication, Route};

use self::caller::Caller;
use self::matrix::Line;
pub(crate) use self::world::World;
use crate::parity::Speaker;
use crate::walk::may;

macro_rules! matrices {
    ($($case:ident: $speaker:expr;)*) => {$(
        #[tokio::test]
        async fn $case() {
            walk($speaker).await;
        }
    )*};
}

matrices! {
    ten_02_every_route_of_dx_answers_as_the_matrix_says: crate::parity::dx::Dx;
    ten_02_every_route_of_flowise_answers_as_the_matrix_says: crate::parity::flowise::Flowise;
    ten_02_every_native_route_answers_as_the_matrix_says: crate::parity::native::Native;
    ten_02_every_route_of_superai_answers_as_the_matrix_says: crate::parity::superai::Superai;
    ten_02_every_route_of_zstack_answers_as_the_matrix_says: crate::parity::zstack::Zstack::default();
}

/// Nobody is left out.
#[test]
fn every_dialect_has_a_matrix() {
    let foreign = strongroom_dialects::foreign();
    let mut names: Vec<&str> = foreign.iter().map(|table| table.manner().view.dialect().code()).collect();
    names.push("native");
    names.sort_unstable();
    assert_eq!(matrix::dialects(), names);
    for name in names {
        assert!(include_str!("mod.rs").contains(&format!("crate::parity::{name}::")), "{name} is not walked");
    }
}

/// Plays the whole table of one dialect.
async fn walk<S: Speaker>(speaker: S) {
    let mut world = World::open(speaker).await;
    let table = world.floor.speaker.table();
    let mut lines = Vec::new();
    let mut faults = Vec::new();
    for route in table.routes() {
        let line = play(&mut world, route).await;
        faults.extend(judge(route, &line));
        lines.push(line);
    }
    // What ZStack's clients make has no place to go.
    assert!(world.relay.connections() > 0 || S::NAME == "zstack", "the relay would have seen a check");
    let written = matrix::compare(S::NAME, &lines);
    faults.extend(written.err());
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// One route: strangers first, then foreign ids, then those who may.
async fn play<S: Speaker>(world: &mut World<S>, route: &Route) -> Line {
    let mut line = Line::of(route);
    let mut sample = world.sample(route).await;
    for caller in Caller::ALL {
        let answer = if caller.is_entitled() {
            world.prepare(&sample, caller).await;
            world.send(&sample, caller).await
        } else {
            world.send_in_vain(&sample, caller).await
        };
        let is_let_in = !world.floor.is_stranger(&answer).await;
        line.answers.push((caller, matrix::Cell::of(S::NAME, &answer, is_let_in)));
        let is_spent = (200..300).contains(&answer.status) && changes_something(route);
        if is_spent {
            sample = world.sample(route).await;
        }
    }
    for position in sample.positions() {
        let mut shapes = Vec::new();
        for id in world.ids_of_others(&position) {
            shapes.push((world.send_with(&sample, &position, &id).await, id));
        }
        let ((unknown, _), others) = shapes.split_last().expect("there is an id that nothing has");
        for (shape, id) in others {
            assert_eq!(shape, unknown, "TEN-01: {id} at {position:?} of {}", sample.name());
        }
        line.foreign.push(unknown.0);
    }
    line
}

fn changes_something(route: &Route) -> bool {
    let declaration = route.declaration();
    declaration.audit == AuditClass::Record || declaration.method != "GET"
}

/// What no line may say, whatever is written down.
fn judge(route: &Route, line: &Line) -> Vec<String> {
    let action = route.declaration().action;
    let is_open = route.authentication() == Authentication::Anonymous;
    let mut faults = Vec::new();
    for (caller, cell) in &line.answers {
        let (status, is_good) = (cell.status, (200..300).contains(&cell.status));
        let fault = match caller.role() {
            _ if status >= 500 && !line.is_not_served() => Some("a fault of ours"),
            None if !is_open && cell.is_let_in => Some("nobody is let in without a token"),
            Some(role) if is_good && !entitled(role, action) => Some("the permission table forbids it"),
            Some(_) if *caller == Caller::Owner && !is_good && line.reason().is_none() => {
                Some("the sample proves nothing; say why after a semicolon where none can succeed")
            }
            _ => None,
        };
        faults.extend(fault.map(|fault| format!("{} {caller:?} {status}: {fault}", line.name)));
    }
    let has_own_answers = line.reason().is_some_and(|reason| reason.contains("each item"));
    let is_answered = |status: &u16| *status >= 500 || (200..300).contains(status) && !has_own_answers;
    let is_told = line.foreign.iter().any(is_answered);
    faults.extend(is_told.then(|| format!("{}: an id of others is answered", line.name)));
    faults
}

fn entitled(role: strongroom_domain::principal::Role, action: Option<Action>) -> bool {
    let scope = strongroom_domain::Scope::new(
        strongroom_domain::ids::OrganizationId::from_bytes([1; 16]),
        strongroom_domain::ids::WorkspaceId::from_bytes([1; 16]),
    );
    action.is_none_or(|action| may(role, action, scope))
}
