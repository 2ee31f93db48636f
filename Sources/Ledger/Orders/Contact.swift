/// Who to write to and where to deliver: personal data, sealed wherever it is stored.
package struct Contact: Equatable, Sendable, Codable {
    package struct Address: Equatable, Sendable, Codable {
        package let name: String
        package let line1: String
        package let line2: String?
        package let city: String
        package let region: String?
        package let postcode: String?
        package let country: String

        package init(
            name: String, line1: String, line2: String? = nil, city: String, region: String? = nil,
            postcode: String? = nil, country: String
        ) throws(InvalidValue) {
            for (noun, text) in [("name", name), ("line1", line1), ("city", city), ("country", country)] {
                try Text.check(text, noun: noun, bytesMax: 200)
            }
            for (noun, text) in [("line2", line2), ("region", region), ("postcode", postcode)] {
                if let text { try Text.check(text, noun: noun, bytesMax: 200) }
            }
            self.name = name
            self.line1 = line1
            self.line2 = line2
            self.city = city
            self.region = region
            self.postcode = postcode
            self.country = country
        }
    }

    package let email: String?
    package let shippingAddress: Address?

    package init(email: String?, shippingAddress: Address?) throws(InvalidValue) {
        if let email {
            try Text.check(email, noun: "e-mail address", bytesMax: 254, field: "email")
            let parts = email.split(separator: "@", omittingEmptySubsequences: false)
            guard parts.count == 2, parts.allSatisfy({ !$0.isEmpty && !$0.contains(" ") }) else {
                throw InvalidValue(
                    code: "invalid_email", message: "An e-mail address looks like name@example.org; not \"\(email)\".")
            }
        }
        self.email = email
        self.shippingAddress = shippingAddress
    }
}
