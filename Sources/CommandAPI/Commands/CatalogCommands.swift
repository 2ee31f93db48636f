import HTTPService
import HTTPTypes
import Ledger

extension CommandSpec {
    static let sku = Field("sku", .text, "The product's SKU, kept to the letter, case included.")

    static let catalog = [
        CommandSpec(
            RegisterProduct.self, "Makes a product known to the shop.",
            [
                sku, Field("name", .text, "What shoppers see."),
                Field(
                    "kind", .text, required: false,
                    "goods (the default), or charge for what is charged beside goods: postage, a fee."),
                Field("description", .text, required: false, "At most 20,000 bytes."),
                Field("brand", .text, required: false, "The maker."),
                Field("categories", .texts, required: false, "The path from the top."),
                Field("attributes", .attributes, required: false, "Whatever else is to be known: colour, size."),
                Field("otherNames", .texts, required: false, "Other names it has gone by."),
                Field("price", .money, required: false, "The list price of one, up to four decimals."),
            ]
        ) { body in
            let details = Product.Details(
                name: try body.text("name"), kind: try body.optionalText("kind").map(kind) ?? .goods,
                description: try body.optionalText("description"),
                brand: try body.optionalText("brand"), categories: try body.texts("categories"),
                attributes: try body.attributes("attributes"), otherNames: try body.texts("otherNames"),
                price: try body.optionalAmount("price"))
            return try RegisterProduct(sku: try body.identifier("sku"), details: details)
        },
        CommandSpec(
            ChangePrice.self, "Changes the list price. Carts keep the price at which a line was added.",
            [sku, Field("price", .money, "The new price of one, up to four decimals.")]
        ) { body in
            try ChangePrice(sku: try body.identifier("sku"), price: try body.amount("price"))
        },
    ]

    static func kind(_ text: String) throws(Problem) -> Product.Kind {
        guard let kind = Product.Kind(rawValue: text) else {
            throw Problem(
                .unprocessableContent, "invalid_kind", "A product's kind is goods or charge; not \"\(text)\".",
                pointer: "/kind")
        }
        return kind
    }
}
