//! Where areas and priority neighbourhoods lie, as GeoJSON.

use super::campaign::campaign;
use super::carry::{carry, refused};
use super::input::code;
use super::payload::DrawOutlinePayload;
use crate::error::Fault;
use crate::geojson;
use crate::graphql::types::scalars::{CommandId, GeoJson};
use async_graphql::{Context, InputObject, Object, OneofObject};
use domain::campaign::Command as CampaignCommand;
use domain::geography::Place;
use domain::{Code, Command};

/// The most outlines of one request.
const MOST: usize = 100;

/// Outlines of areas and priority neighbourhoods.
#[derive(InputObject, Debug)]
pub struct DrawOutlineInput {
    /// Names this command; draw a new one for each, and repeat it when the answer was lost.
    pub command_id: CommandId,
    /// The code of the campaign.
    pub campaign: String,
    /// The outlines, 1 to 100: all of them are drawn, or none. Several requests where they don't fit into one.
    pub outlines: Vec<OutlineInput>,
}

/// The outline of one place (`contour`); it takes the place of an earlier one.
#[derive(InputObject, Debug)]
pub struct OutlineInput {
    /// Of what.
    pub place: OutlinePlaceInput,
    /// At most 200 polygons with 2,500 points in all; every ring ends where it begins, and doesn't cross itself.
    pub outline: GeoJson,
}

/// What an outline is of: exactly one of these.
#[derive(OneofObject, Debug)]
pub enum OutlinePlaceInput {
    /// The code of an area.
    Area(String),
    /// The code of a priority neighbourhood.
    Neighbourhood(String),
}

/// Mutations on where places lie.
#[derive(Default)]
pub struct OutlineMutations;

#[Object]
impl OutlineMutations {
    /// Draws outlines (`tracer les contours`). From then on a deposit's point must lie in its area, and its
    /// priority neighbourhood follows from the point. No longer once the vote has opened.
    async fn draw_outline(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The outlines.")] input: DrawOutlineInput,
    ) -> Result<Option<DrawOutlinePayload>, Fault> {
        if input.outlines.is_empty() || input.outlines.len() > MOST {
            let code = if input.outlines.is_empty() { Code::EmptyList } else { Code::TooMany };
            let no = code.on("outlines").with(MOST);
            return Ok(DrawOutlinePayload::of(refused(ctx, no), campaign));
        }
        let mut commands = Vec::with_capacity(input.outlines.len());
        for (index, drawn) in input.outlines.into_iter().enumerate() {
            let place = match drawn.place {
                OutlinePlaceInput::Area(area) => Place::Area(code("area", &area)?),
                OutlinePlaceInput::Neighbourhood(one) => Place::Neighbourhood(code("neighbourhood", &one)?),
            };
            match geojson::outline(&drawn.outline.0) {
                Ok(outline) => commands.push(Command::Campaign(CampaignCommand::DrawOutline { place, outline })),
                Err(no) => {
                    let no = no.on(format!("outlines.{index}.outline"));
                    return Ok(DrawOutlinePayload::of(refused(ctx, no), campaign));
                }
            }
        }
        let carried = carry(ctx, &input.campaign, input.command_id, commands).await?;
        Ok(DrawOutlinePayload::of(carried, campaign))
    }
}
