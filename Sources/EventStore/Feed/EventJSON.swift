package import JSON
import Ledger

extension Recorded {
    /// The event for people and programs outside: what is on record about it, and `data` by its type.
    ///
    /// Personal data is left out: `data.contact` only tells whether there is any.
    package func write(to writer: inout JSONWriter) {
        writer.object { writer in
            writer.field("position", Int64(record.position.rawValue))
            writer.field("stream", record.stream.description)
            writer.field("version", Int64(record.version.rawValue))
            writer.field("type", record.type.name)
            writer.field("recordedAt", record.recordedAt.description)
            writer.field("effectiveAt", record.effectiveAt.description)
            writer.field("actor", record.actor)
            writer.field("key", record.key)
            writer.field("correlation", record.correlation.isEmpty ? nil : record.correlation)
            writer.key("data")
            writer.object { $0.fields(of: event) }
        }
    }

    package var json: [UInt8] {
        var writer = JSONWriter()
        write(to: &writer)
        return writer.bytes
    }

    /// `data` alone.
    var data: [UInt8] { JSONWriter.object { $0.fields(of: event) } }
}

extension JSONWriter {
    fileprivate mutating func fields(of event: Event) {
        switch event {
        case .product(let event): fields(of: event)
        case .stock(let event): fields(of: event)
        case .cart(let event): fields(of: event)
        case .order(let event): fields(of: event)
        case .numbers(.assigned(let number, let order)):
            field("number", number)
            field("order", order.text)
        case .document(let event): fields(of: event)
        }
    }

    private mutating func fields(of event: Product.Event) {
        switch event {
        case .registered(let details):
            field("name", details.name)
            field("kind", details.kind.rawValue)
            field("description", details.description)
            field("brand", details.brand)
            field("categories", details.categories)
            key("attributes")
            object { writer in for attribute in details.attributes { writer.field(attribute.name, attribute.value) } }
            field("otherNames", details.otherNames)
            if let price = details.price { field("price", price) }
        case .priceChanged(let price): field("price", price)
        }
    }

    private mutating func fields(of event: StockItem.Event) {
        switch event {
        case .received(let goods, let reference):
            field("location", goods.location.text)
            field("quantity", goods.quantity)
            field("reference", reference)
        case .adjusted(let location, let delta, let reason):
            field("location", location.text)
            field("delta", delta)
            field("reason", reason)
        case .reserved(let id, let reservation):
            field("reservation", id.text)
            field("allocations", reservation.allocations)
            field("order", reservation.order?.text)
            field("expiresAt", reservation.expiresAt?.description)
        case .released(let id, let allocations, let expired):
            field("reservation", id.text)
            field("allocations", allocations)
            field("expired", expired)
        case .shipped(let id, let allocations):
            field("reservation", id.text)
            field("allocations", allocations)
        case .takenBack(let goods, let document, let disposition):
            field("location", goods.location.text)
            field("quantity", goods.quantity)
            field("document", document.text)
            field("disposition", disposition.rawValue)
        }
    }

    private mutating func fields(of event: Cart.Event) {
        switch event {
        case .lineAdded(let line):
            field("sku", line.sku.text)
            field("quantity", line.quantity)
            field("unitPrice", line.unitPrice)
            field("quoted", line.isQuoted)
        case .chargeAdded(let charge): fields(of: charge)
        case .quantityChanged(let sku, let quantity):
            field("sku", sku.text)
            field("quantity", quantity)
        case .lineRemoved(let sku): field("sku", sku.text)
        case .ordered(let order): field("order", order.text)
        }
    }

    private mutating func fields(of event: Order.Event) {
        switch event {
        case .placed(let placement):
            field("number", String(placement.number))
            field("cart", placement.cart.text)
            field("reference", placement.reference)
            field("customer", placement.customer?.text)
            field("country", placement.country)
            field("contact", placement.contact == nil ? nil : "sealed")
            list("lines", placement.lines) { line, writer in
                writer.field("sku", line.sku.text)
                writer.field("quantity", line.quantity)
                writer.field("unitPrice", line.unitPrice)
            }
            list("charges", placement.charges) { charge, writer in writer.fields(of: charge) }
            field("total", placement.total)
            field("rounding", placement.rounding.rawValue)
        case .paid(let money, let method):
            field("amount", money)
            field("method", method)
        case .fulfilled(let pieces): field("lines", pieces)
        case .cancelled(let reason, let refund):
            field("reason", reason)
            field("refund", refund)
        case .returned(let pieces, let document, let refund):
            field("lines", pieces)
            field("creditNote", document.text)
            field("refund", refund)
        }
    }

    private mutating func fields(of event: Document.Event) {
        switch event {
        case .creditNoteIssued(let note):
            field("reference", note.reference)
            field("customer", note.customer?.text)
            field("country", note.country)
            field("refund", note.refund)
            list("lines", note.lines) { line, writer in
                writer.field("code", line.code.text)
                writer.field("label", line.label)
                writer.field("quantity", line.quantity)
                writer.field("amount", line.amount)
                writer.field("order", line.order?.text)
            }
        case .adjustmentRecorded(let adjustment):
            field("reference", adjustment.reference)
            field("country", adjustment.country)
            field("currency", adjustment.currency.code)
            field("location", adjustment.location.text)
            list("lines", adjustment.lines) { line, writer in
                writer.field("code", line.code.text)
                writer.field("delta", line.delta)
                writer.field("reason", line.reason)
            }
        case .badDebtRecorded(let debt):
            field("reference", debt.reference)
            field("customer", debt.customer?.text)
            field("country", debt.country)
            field("code", debt.code.text)
            field("label", debt.label)
            field("quantity", debt.quantity)
            field("unitPrice", debt.unitPrice)
        }
    }

    private mutating func fields(of charge: Cart.Charge) {
        field("code", charge.code.text)
        field("label", charge.label)
        field("quantity", charge.quantity)
        field("unitPrice", charge.unitPrice)
    }

    private mutating func field(_ name: String, _ allocations: StockItem.Allocations) {
        list(name, allocations) { allocation, writer in
            writer.field("location", allocation.location.text)
            writer.field("quantity", allocation.quantity)
        }
    }

    private mutating func field(_ name: String, _ pieces: [Order.Pieces]) {
        list(name, pieces) { piece, writer in
            writer.field("sku", piece.code.text)
            writer.field("quantity", piece.quantity)
        }
    }

    private mutating func list<Elements: Collection>(
        _ name: String, _ elements: Elements, _ write: (Elements.Element, inout JSONWriter) -> Void
    ) {
        key(name)
        array { writer in
            for element in elements { writer.object { write(element, &$0) } }
        }
    }
}
