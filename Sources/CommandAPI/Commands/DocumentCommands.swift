import HTTPService
import Ledger

extension CommandSpec {
    private static let head: [Field] = [
        Field("document", .text, required: false, "The document's id; a new one where none is given."),
        Field("reference", .text, required: false, "The shop's own name for the document."),
        Field("country", .text, required: false, "Where it counts in reports."),
    ]
    private static let customer = Field("customer", .text, required: false, "The customer's id.")
    private static let code = Field("code", .text, "A SKU, of goods or of a charge.")
    private static let label = Field("label", .text, required: false, "What it is for.")

    static let documents = [
        CommandSpec(
            IssueCreditNote.self, "Takes goods and charges back at the note's own amounts.",
            head + [
                customer,
                Field(
                    "lines",
                    .list([
                        code, label, quantity, Field("amount", .money, "For all of them, up to four decimals."),
                        Field("order", .text, required: false, "The order it undoes."),
                    ]), "What is taken back."),
            ]
        ) { body in
            try IssueCreditNote(
                document: try body.optionalIdentifier("document"), reference: try body.optionalText("reference"),
                customer: try body.optionalIdentifier("customer"), country: try body.optionalText("country"),
                lines: try body.objects("lines").map { line in
                    CreditNote.Line(
                        code: try line.identifier("code"), label: try line.optionalText("label"),
                        quantity: try line.quantity("quantity"),
                        amount: try line.amount("amount"), order: try line.optionalIdentifier("order"))
                })
        },
        CommandSpec(
            RecordAdjustment.self, "Corrects the stock of several SKUs by one document.",
            head + [
                Field("currency", .text, "Of the books it belongs to."), Field("location", .text, "Where."),
                Field(
                    "lines",
                    .list([
                        code, Field("delta", .integer, "How many more, or fewer below zero."),
                        Field("reason", .text, "Why."),
                    ]), "What is corrected."),
            ]
        ) { body in
            try RecordAdjustment(
                document: try body.optionalIdentifier("document"),
                adjustment: Adjustment(
                    reference: try body.optionalText("reference"), country: try body.optionalText("country"),
                    currency: try body.currency("currency"), location: try body.identifier("location"),
                    lines: try body.objects("lines").map {
                        Adjustment.Line(
                            code: try $0.identifier("code"), delta: try $0.integer("delta"),
                            reason: try $0.text("reason"))
                    }))
        },
        CommandSpec(
            RecordBadDebt.self, "Writes off a claim, or corrects one that was.",
            head + [
                customer, code, label, quantity,
                Field("unitPrice", .money, "Of one; below zero where a claim is written off."),
            ]
        ) { body in
            try RecordBadDebt(
                document: try body.optionalIdentifier("document"),
                debt: BadDebt(
                    reference: try body.optionalText("reference"), customer: try body.optionalIdentifier("customer"),
                    country: try body.optionalText("country"), code: try body.identifier("code"),
                    label: try body.optionalText("label"),
                    quantity: try body.quantity("quantity"), unitPrice: try body.amount("unitPrice")))
        },
    ]
}
