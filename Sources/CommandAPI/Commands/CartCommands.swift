import HTTPService
import Ledger

extension CommandSpec {
    private static let cart = Field("cart", .text, "The cart's id.")
    private static let cartOrNew = Field(
        "cart", .text, required: false, "The cart's id; a new cart where none is given.")

    static let carts = [
        CommandSpec(
            AddToCart.self, "Puts goods into a cart, at the list's price or at one agreed.",
            [
                cartOrNew, sku, quantity,
                Field("quotedPrice", .money, required: false, "An agreed price of one; such a line stands by itself."),
            ]
        ) { body in
            try AddToCart(
                cart: try body.optionalIdentifier("cart"), sku: try body.identifier("sku"),
                quantity: try body.quantity("quantity"),
                quotedPrice: try body.optionalAmount("quotedPrice"))
        },
        CommandSpec(
            AddCharge.self, "Puts postage or another charge onto a cart.",
            [
                cartOrNew, Field("code", .text, "The SKU of a product of kind charge."),
                Field("label", .text, required: false, "What it is for, in the words of the bill."), quantity,
                Field("unitPrice", .money, "The price of one, up to four decimals."),
            ]
        ) { body in
            try AddCharge(
                cart: try body.optionalIdentifier("cart"),
                charge: Cart.Charge(
                    code: try body.identifier("code"), label: try body.optionalText("label"),
                    quantity: try body.quantity("quantity"),
                    unitPrice: try body.amount("unitPrice")))
        },
        CommandSpec(
            ChangeCartQuantity.self, "Sets how many of a SKU are in the cart at the list's price.",
            [cart, sku, quantity]
        ) { body in
            try ChangeCartQuantity(
                cart: try body.identifier("cart"), sku: try body.identifier("sku"),
                quantity: try body.quantity("quantity"))
        },
        CommandSpec(RemoveFromCart.self, "Takes all of a SKU out of the cart.", [cart, sku]) { body in
            RemoveFromCart(cart: try body.identifier("cart"), sku: try body.identifier("sku"))
        },
    ]
}
