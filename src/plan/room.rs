//! Where each node of a batch stands: in room that is free again once nobody needs it.

use crate::plan::Planner;
use crate::plan::lane::Width;
use crate::plan::node::{NodeId, Op};

/// Where a node stands; nothing where it has no numbers, or one state alone.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Place {
    pub(super) cells: Option<usize>,
    pub(super) state: Option<usize>,
}

/// The places of all nodes, and how much room they take.
pub(super) struct Rooms {
    pub(super) places: Vec<Place>,
    /// The width of each.
    pub(super) cells: Vec<Width>,
    pub(super) states: usize,
}

impl Rooms {
    /// `width` says in which width each node stands.
    pub(super) fn of(plan: &Planner<'_>, order: &[NodeId], wanted: &[NodeId], width: impl Fn(NodeId) -> Width) -> Self {
        let mut last_use: Vec<usize> = vec![0; plan.nodes.len()];
        for (place, id) in order.iter().enumerate() {
            for input in plan.nodes.get(*id).op.inputs() {
                last_use[input as usize] = place;
            }
        }
        for id in wanted {
            last_use[*id as usize] = usize::MAX;
        }
        let mut rooms = Self { places: vec![Place::default(); plan.nodes.len()], cells: Vec::new(), states: 0 };
        let mut free_cells: Vec<(Width, usize)> = Vec::new();
        let mut free_states: Vec<usize> = Vec::new();
        for (place, id) in order.iter().enumerate() {
            let node = plan.nodes.get(*id);
            let constant = matches!(node.op, Op::Constant { .. });
            let own = width(*id);
            let cells = (!node.is_nought()).then(|| {
                // What is the same for all is written once, and stays.
                let found = free_cells.iter().position(|it| it.0 == own && !constant);
                found.map(|it| free_cells.swap_remove(it).1).unwrap_or_else(|| {
                    rooms.cells.push(own);
                    rooms.cells.len() - 1
                })
            });
            let state = node.only_state().is_none().then(|| {
                free_states.pop().unwrap_or_else(|| {
                    rooms.states += 1;
                    rooms.states - 1
                })
            });
            rooms.places[*id as usize] = Place { cells, state };
            let mut inputs = node.op.inputs();
            inputs.sort_unstable();
            inputs.dedup();
            for input in inputs.into_iter().filter(|it| last_use[*it as usize] == place) {
                let node = plan.nodes.get(input);
                let own = rooms.places[input as usize];
                if !matches!(node.op, Op::Constant { .. }) {
                    free_cells.extend(own.cells.map(|it| (width(input), it)));
                }
                free_states.extend(own.state);
            }
        }
        rooms
    }
}
