//! `GET /healthz`: whether the chat can do its work.

use actix_web::{HttpResponse, web};
use serde_json::json;

use crate::chat::Chat;

/// 200 where the history can be reached, 503 where not.
pub(super) async fn check(chat: web::Data<Chat>) -> HttpResponse {
    match chat.check().await {
        Ok(()) => HttpResponse::Ok().json(json!({ "status": "ok" })),
        Err(error) => {
            let why = error.to_string();
            HttpResponse::ServiceUnavailable().json(json!({ "status": "failing", "error": why }))
        }
    }
}
