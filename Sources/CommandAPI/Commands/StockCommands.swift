import HTTPService
import Ledger

extension CommandSpec {
    private static let location = Field("location", .text, "Where: a warehouse, a shop.")
    static let quantity = Field("quantity", .integer, "A whole number from 1 to 100,000,000.")

    static let stock = [
        CommandSpec(
            ReceiveStock.self, "Goods arrive.",
            [sku, location, quantity, Field("reference", .text, required: false, "The delivery's own name.")]
        ) { body in
            try ReceiveStock(
                sku: try body.identifier("sku"), location: try body.identifier("location"),
                quantity: try body.quantity("quantity"),
                reference: try body.optionalText("reference"))
        },
        CommandSpec(
            AdjustStock.self, "Corrects what the books say to what is there.",
            [
                sku, location, Field("delta", .integer, "How many more, or fewer below zero."),
                Field("reason", .text, "Why, for the auditor."),
            ]
        ) { body in
            let delta = try body.integer("delta")
            try body.check("delta") { () throws(InvalidValue) in try Quantity.check(delta: delta) }
            return try AdjustStock(
                sku: try body.identifier("sku"), location: try body.identifier("location"), delta: delta,
                reason: try body.text("reason"))
        },
        CommandSpec(
            ReserveStock.self, "Holds goods for a while without an order.",
            [
                sku, quantity, Field("reservation", .text, required: false, "Its name; a new one where none is given."),
                Field(
                    "expiresInSeconds", .integer, required: false, "1 to 2,592,000 (thirty days); 900 where not given."),
            ]
        ) { body in
            try ReserveStock(
                sku: try body.identifier("sku"), quantity: try body.quantity("quantity"),
                reservation: try body.optionalIdentifier("reservation"),
                expiresInSeconds: try body.optionalInteger("expiresInSeconds"))
        },
        CommandSpec(
            ReleaseStock.self, "Ends a reservation before its time.",
            [sku, Field("reservation", .text, "The reservation's name.")]
        ) { body in
            ReleaseStock(sku: try body.identifier("sku"), reservation: try body.identifier("reservation"))
        },
    ]
}
