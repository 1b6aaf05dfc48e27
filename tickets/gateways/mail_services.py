"""The services that hand mail in by web-hook, and anymail's views of what they post."""

VIEWS = {
    "postmark": "anymail.webhooks.postmark.PostmarkInboundWebhookView",
    "mailgun": "anymail.webhooks.mailgun.MailgunInboundWebhookView",
    "ses": "anymail.webhooks.amazon_ses.AmazonSESInboundWebhookView",
    "sendgrid": "anymail.webhooks.sendgrid.SendGridInboundWebhookView",
    "resend": "anymail.webhooks.resend.ResendInboundWebhookView",
}
