extension DemoShop {
    struct Article {
        let sku: String
        let name: String
        let brand: String
        let categories: [String]
        let price: String
        let colour: String
        let description: String
    }

    /// Made up, every word of it. A line each: SKU | name | brand | path | price | colour | description.
    static let catalog: [Article] = table.split(separator: "\n").map { line in
        let fields = line.split(separator: "|").map(String.init)
        return Article(
            sku: fields[0], name: fields[1], brand: fields[2],
            categories: fields[3].split(separator: "/").map(String.init),
            price: fields[4], colour: fields[5], description: fields[6])
    }

    private static let table = """
        LAN-01|Paper Lantern White|Hollow Oak|Lighting/Lanterns|4.95|white|Folded from one sheet, with a ring for the cord.
        LAN-02|Paper Lantern Plum|Hollow Oak|Lighting/Lanterns|4.95|plum|Folded from one sheet, with a ring for the cord.
        LAN-03|Storm Lantern|Brae & Sons|Lighting/Lanterns|28.50|black|Burns eleven hours on one filling.
        LAN-04|Glass Star Lantern|Hollow Oak|Lighting/Lanterns|17.25|clear|Twelve panes of hand-cut glass.
        LAN-05|Harbour Lantern|Brae & Sons|Lighting/Lanterns|34.00|brass|For a porch, or a very small boat.
        CAN-01|Beeswax Candle Pair|Fenwick Bees|Lighting/Candles|6.40|honey|Two tapers, twenty centimetres.
        CAN-02|Tea Lights, Box of Fifty|Fenwick Bees|Lighting/Candles|5.99|white|Four hours each.
        CAN-03|Pillar Candle|Fenwick Bees|Lighting/Candles|8.75|ivory|Burns about forty hours.
        CAN-04|Candle Snuffer|Brae & Sons|Lighting/Candles|9.20|brass|With a long handle.
        LMP-01|Reading Lamp|Tallis|Lighting/Lamps|49.00|green|An arm that stays where it is put.
        LMP-02|Bedside Lamp|Tallis|Lighting/Lamps|32.50|linen|With a pull cord.
        LMP-03|Clip-on Lamp|Tallis|Lighting/Lamps|19.95|red|For shelves and music stands.
        LMP-04|Floor Lamp Heron|Tallis|Lighting/Lamps|119.00|black|One metre sixty, on three legs.
        GDN-01|Watering Can, Five Litres|Brae & Sons|Garden/Watering|24.00|green|Galvanised, with a fine rose.
        GDN-02|Watering Can, One Litre|Brae & Sons|Garden/Watering|14.50|cream|For windowsills.
        GDN-03|Hose Reel|Meadowline|Garden/Watering|44.90|grey|Thirty metres of hose.
        GDN-04|Rain Gauge|Meadowline|Garden/Watering|7.80|clear|Marked in millimetres.
        GDN-05|Hand Trowel|Meadowline|Garden/Tools|9.95|ash|Ash handle, steel blade.
        GDN-06|Hand Fork|Meadowline|Garden/Tools|9.95|ash|Ash handle, three tines.
        GDN-07|Pruning Shears|Meadowline|Garden/Tools|21.00|red|With a catch that a glove can open.
        GDN-08|Kneeling Mat|Hollow Oak|Garden/Tools|11.60|brown|Cork, two fingers thick.
        GDN-09|Twine, Two Hundred Metres|Hollow Oak|Garden/Tools|4.25|jute|In a tin that pays it out.
        POT-01|Terracotta Pot, Small|Kiln Row|Garden/Pots|3.20|terracotta|Ten centimetres across.
        POT-02|Terracotta Pot, Large|Kiln Row|Garden/Pots|12.80|terracotta|Thirty centimetres across.
        POT-03|Glazed Planter|Kiln Row|Garden/Pots|27.40|blue|Frost-proof.
        POT-04|Hanging Planter|Kiln Row|Garden/Pots|18.60|white|With a cotton cord.
        BRD-01|Bird Table|Hollow Oak|Garden/Birds|39.50|oak|Oak, with a roof against the rain.
        BRD-02|Nest Box for Tits|Hollow Oak|Garden/Birds|16.75|oak|A hole of twenty-eight millimetres.
        BRD-03|Seed Feeder|Meadowline|Garden/Birds|13.20|green|Squirrels get nothing.
        KIT-01|Stoneware Mug|Kiln Row|Kitchen/Tableware|8.90|blue|Holds three decilitres.
        KIT-02|Stoneware Bowl|Kiln Row|Kitchen/Tableware|11.40|blue|For soup or porridge.
        KIT-03|Dinner Plate|Kiln Row|Kitchen/Tableware|13.50|white|Twenty-seven centimetres.
        KIT-04|Side Plate|Kiln Row|Kitchen/Tableware|9.80|white|Nineteen centimetres.
        KIT-05|Butter Dish|Kiln Row|Kitchen/Tableware|17.90|white|With a lid.
        KIT-06|Enamel Teapot|Brae & Sons|Kitchen/Tea and Coffee|26.00|cream|One litre, with a strainer.
        KIT-07|Coffee Mill|Brae & Sons|Kitchen/Tea and Coffee|58.00|walnut|Steel burrs, a drawer of walnut.
        KIT-08|Tea Towel Herring|Loom Yard|Kitchen/Linen|7.50|grey|Half linen, half cotton.
        KIT-09|Tea Towel Thistle|Loom Yard|Kitchen/Linen|7.50|purple|Half linen, half cotton.
        KIT-10|Oven Gloves|Loom Yard|Kitchen/Linen|15.30|navy|Padded with wool.
        KIT-11|Apron|Loom Yard|Kitchen/Linen|22.00|navy|Two pockets, long ties.
        KIT-12|Bread Board|Hollow Oak|Kitchen/Boards and Knives|29.00|beech|With a groove for crumbs.
        KIT-13|Bread Knife|Meadowline|Kitchen/Boards and Knives|23.50|steel|Twenty centimetres, serrated.
        KIT-14|Rolling Pin|Hollow Oak|Kitchen/Baking|12.90|beech|Turned from one piece.
        KIT-15|Cake Tin|Brae & Sons|Kitchen/Baking|14.20|red|With a lid that shuts.
        KIT-16|Biscuit Cutters, Set of Six|Brae & Sons|Kitchen/Baking|9.60|steel|Stars, hearts and a hare.
        HOM-01|Wool Blanket|Loom Yard|Home/Textiles|74.00|grey|Woven in one piece, washable by hand.
        HOM-02|Cushion Cover|Loom Yard|Home/Textiles|18.20|rust|Forty-five centimetres square.
        HOM-03|Door Stop Hedgehog|Loom Yard|Home/Textiles|16.40|brown|Filled with sand.
        """
}
