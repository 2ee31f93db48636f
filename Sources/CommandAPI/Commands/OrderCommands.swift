import HTTPService
import Ledger

extension CommandSpec {
    private static let order = Field("order", .text, "The order's id.")
    private static let pieces: [Field] = [sku, quantity]
    private static let address: [Field] = [
        Field("name", .text, "Who receives it."), Field("line1", .text, "Street and number."),
        Field("line2", .text, required: false, "More of the address."), Field("city", .text, "The city."),
        Field("region", .text, required: false, "County or state."),
        Field("postcode", .text, required: false, "Postal code."),
        Field("country", .text, "The country."),
    ]

    static let orders = [
        CommandSpec(
            PlaceOrder.self, "Takes the cart, reserves every line and creates the order, or changes nothing.",
            [
                Field("cart", .text, "The cart's id."),
                Field("email", .text, required: false, "Who to write to. Stored sealed."),
                Field("shippingAddress", .object(address), required: false, "Where to deliver. Stored sealed."),
                Field("reference", .text, required: false, "The shop's own name for the order."),
                Field("customer", .text, required: false, "The customer's id; none for a guest."),
                Field(
                    "country", .text, required: false, "Where the sale counts; the shipping address's where not given."),
            ]
        ) { body in
            try PlaceOrder(
                cart: try body.identifier("cart"), contact: try contact(body),
                reference: try body.optionalText("reference"),
                customer: try body.optionalIdentifier("customer"), country: try body.optionalText("country"))
        },
        CommandSpec(
            RecordPayment.self, "Money came in for an order.",
            [
                order, Field("amount", .money, "In whole minor units."),
                Field("method", .text, required: false, "Card, transfer, cash."),
            ]
        ) { body in
            try RecordPayment(
                order: try body.identifier("order"), amount: try body.money("amount"),
                method: try body.optionalText("method"))
        },
        CommandSpec(
            CancelOrder.self, "Ends an order of which nothing was delivered; its stock is free again.",
            [order, Field("reason", .text, "Why.")]
        ) { body in
            try CancelOrder(order: try body.identifier("order"), reason: try body.text("reason"))
        },
        CommandSpec(
            FulfilOrder.self, "Goods leave the house.",
            [order, Field("lines", .list(pieces), required: false, "What leaves; all that is open where not given.")]
        ) { body in
            try FulfilOrder(order: try body.identifier("order"), pieces: body.has("lines") ? try lines(body) : nil)
        },
        CommandSpec(
            ReturnItems.self, "Goods come back, and their part of the charge is refunded by a credit note.",
            [
                order, Field("lines", .list(pieces), "What came back."),
                Field("restock", .flag, "Whether the goods are for sale again."),
                Field(
                    "damaged", .flag, required: false,
                    "Whether they can't be sold any more; where neither is said of them they are kept apart. Not together with restock."
                ),
            ]
        ) { body in
            try ReturnItems(
                order: try body.identifier("order"), pieces: try lines(body), restock: try body.flag("restock"),
                damaged: body.has("damaged") ? try body.flag("damaged") : false)
        },
    ]

    private static func lines(_ body: JSONBody) throws -> [Order.Pieces] {
        try body.objects("lines").map {
            Order.Pieces(code: try $0.identifier("sku"), quantity: try $0.quantity("quantity"))
        }
    }

    private static func contact(_ body: JSONBody) throws -> Contact? {
        guard body.has("email") || body.has("shippingAddress") else { return nil }
        var address: Contact.Address?
        if body.has("shippingAddress") {
            let object = try body.object("shippingAddress")
            let (name, line1, line2) = (
                try object.text("name"), try object.text("line1"), try object.optionalText("line2")
            )
            let (city, region) = (try object.text("city"), try object.optionalText("region"))
            let (postcode, country) = (try object.optionalText("postcode"), try object.text("country"))
            address = try body.checkInside("shippingAddress") { () throws(InvalidValue) in
                try Contact.Address(
                    name: name, line1: line1, line2: line2, city: city, region: region, postcode: postcode,
                    country: country)
            }
        }
        let (email, shippingAddress) = (try body.optionalText("email"), address)
        return try body.check("email") { () throws(InvalidValue) in
            try Contact(email: email, shippingAddress: shippingAddress)
        }
    }
}
