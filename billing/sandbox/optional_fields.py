"""The fields that Stripe leaves out unless it has something to say there.

The types of the Python library do not tell these from fields that are null; those of Stripe's
library for Node do, of the same API version (`field?` beside `field: … | null`, stripe 23.1).
"""

OPTIONAL = {
    "stripe._charge.Charge": (
        "authorization_code level3 presentment_details radar_options refunds transfer"
    ),
    "stripe._charge.Charge.FraudDetails": "stripe_report user_report",
    "stripe._charge.Charge.Outcome": "risk_level risk_score rule",
    "stripe._credit_note.CreditNote.PretaxCreditAmount": "credit_balance_transaction discount",
    "stripe._credit_note_line_item.CreditNoteLineItem": "invoice_line_item",
    "stripe._credit_note_line_item.CreditNoteLineItem.PretaxCreditAmount": (
        "credit_balance_transaction discount"
    ),
    "stripe._customer.Customer": (
        "address business_name cash_balance currency customer_account deleted delinquent discount "
        "individual_name invoice_credit_balance invoice_prefix name next_invoice_sequence phone "
        "preferred_locales sources subscriptions tax tax_exempt tax_ids test_clock"
    ),
    "stripe._event.Event": "account context",
    "stripe._event.Event.Data": "previous_attributes",
    "stripe._invoice.Invoice": (
        "amount_paid_off_stripe auto_advance confirmation_secret customer_tax_ids deleted "
        "hosted_invoice_url invoice_pdf payments status_details threshold_reason"
    ),
    "stripe._invoice.Invoice.Issuer": "account",
    "stripe._invoice.Invoice.StatusDetails": "uncollectible",
    "stripe._invoice.Invoice.TotalPretaxCreditAmount": "credit_balance_transaction discount",
    "stripe._invoice.Invoice.AutomaticTax.Liability": "account",
    "stripe._invoice.Invoice.Parent.SubscriptionDetails": "subscription_proration_date",
    "stripe._invoice_item.InvoiceItem": (
        "deleted frozen_fields invoicing_rules net_amount proration_details"
    ),
    "stripe._invoice_item.InvoiceItem.Pricing": "price_details",
    "stripe._invoice_item.InvoiceItem.Parent.SubscriptionDetails": "subscription_item",
    "stripe._invoice_item.InvoiceItem.ProrationDetails.CreditedItems": (
        "invoice_item invoice_line_item_details"
    ),
    "stripe._invoice_line_item.InvoiceLineItem.PretaxCreditAmount": (
        "credit_balance_transaction discount"
    ),
    "stripe._invoice_line_item.InvoiceLineItem.Pricing": "price_details",
    "stripe._invoice_payment.InvoicePayment.Payment": "charge payment_intent payment_record",
    "stripe._line_item.LineItem": "discounts taxes",
    "stripe._payment_intent.PaymentIntent": (
        "amount_details hooks payment_details presentment_details transfer_data"
    ),
    "stripe._payment_intent.PaymentIntent.LastPaymentError": (
        "advice_code charge code decline_code doc_url message network_advice_code "
        "network_decline_code param payment_intent payment_method payment_method_type "
        "request_log_url setup_intent source"
    ),
    "stripe._payment_intent.PaymentIntent.AutomaticPaymentMethods": "allow_redirects",
    "stripe._payment_method.PaymentMethod": (
        "acss_debit affirm afterpay_clearpay alipay allow_redisplay alma amazon_pay au_becs_debit "
        "bacs_debit bancontact billie bizum blik boleto card card_present cashapp crypto custom "
        "customer_balance eps fpx giropay grabpay ideal interac_present kakao_pay klarna konbini "
        "kr_card link mb_way mobilepay multibanco naver_pay nz_bank_account oxxo p24 pay_by_bank "
        "payco paynow paypal paypay payto pix promptpay radar_options revolut_pay samsung_pay "
        "satispay scalapay sepa_debit sequra sofort sunbit swish twint upi us_bank_account "
        "wechat_pay zip"
    ),
    "stripe._payment_method.PaymentMethod.Card": "description fingerprint iin issuer",
    "stripe._plan.Plan": "deleted tiers",
    "stripe._price.Price": "currency_options deleted tiers",
    "stripe._product.Product": "default_price deleted statement_descriptor tax_code unit_label",
    "stripe._product.Product.MarketingFeature": "name",
    "stripe._refund.Refund": (
        "description destination_details failure_balance_transaction failure_reason "
        "instructions_email next_action pending_reason presentment_details"
    ),
    "stripe._subscription.Subscription": "default_tax_rates presentment_details status_details",
    "stripe._subscription.Subscription.BillingMode": "updated_at",
    "stripe._subscription.Subscription.AutomaticTax.Liability": "account",
    "stripe._subscription.Subscription.BillingMode.Flexible": "proration_discounts",
    "stripe._subscription.Subscription.InvoiceSettings.Issuer": "account",
    "stripe._subscription_item.SubscriptionItem": "billed_until deleted quantity",
    "stripe._subscription_schedule.SubscriptionSchedule.BillingMode": "updated_at",
    "stripe._subscription_schedule.SubscriptionSchedule.DefaultSettings": "automatic_tax",
    "stripe._subscription_schedule.SubscriptionSchedule.Phase": (
        "automatic_tax default_tax_rates trial"
    ),
    "stripe._subscription_schedule.SubscriptionSchedule.BillingMode.Flexible": (
        "proration_discounts"
    ),
    "stripe._subscription_schedule.SubscriptionSchedule.DefaultSettings.AutomaticTax.Liability": (
        "account"
    ),
    "stripe._subscription_schedule.SubscriptionSchedule.DefaultSettings.InvoiceSettings.Issuer": (
        "account"
    ),
    "stripe._subscription_schedule.SubscriptionSchedule.Phase.AddInvoiceItem": "tax_rates",
    "stripe._subscription_schedule.SubscriptionSchedule.Phase.Item": "quantity tax_rates",
    "stripe._subscription_schedule.SubscriptionSchedule.Phase.AddInvoiceItem.Period.End": (
        "timestamp"
    ),
    "stripe._subscription_schedule.SubscriptionSchedule.Phase.AddInvoiceItem.Period.Start": (
        "timestamp"
    ),
    "stripe._subscription_schedule.SubscriptionSchedule.Phase.AutomaticTax.Liability": "account",
    "stripe._subscription_schedule.SubscriptionSchedule.Phase.InvoiceSettings.Issuer": "account",
    "stripe.billing_portal._session.Session": "after_expiration",
    "stripe.billing_portal._session.Session.Flow.SubscriptionUpdateConfirm.Item": "quantity",
    "stripe.checkout._session.Session": (
        "branding_settings excluded_payment_method_types line_items name_collection "
        "optional_items phone_number_collection presentment_details redirect_on_completion "
        "return_url tax_id_collection"
    ),
    "stripe.checkout._session.Session.TotalDetails": "breakdown",
    "stripe.checkout._session.Session.AutomaticTax.Liability": "account",
}
